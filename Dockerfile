# syntax=docker/dockerfile:1
# Nodeward as a container: `docker build -t nodeward .` (docs/container.md).

# Compiled packages, as `npm run pack` makes them; the tools that this takes stay behind.
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS build
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache
RUN npm run pack -- /packed

# What they need to run, in the versions of the lock file, and nothing that makes or tests them.
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS tree
WORKDIR /opt/nodeward
RUN --mount=type=bind,from=build,source=/source,target=/source \
    cd /source && cp --parents package.json package-lock.json .npmrc packages/*/package.json apps/*/package.json /opt/nodeward
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache --workspace nodeward --omit=dev --omit=optional --ignore-scripts
RUN --mount=type=bind,from=build,source=/packed,target=/packed set -e; \
    for workspace in packages/engine packages/api packages/providers apps/server apps/portal; do \
      tar -xzf /packed/nodeward-"$(basename "$workspace")"-[0-9]*.tgz -C "$workspace" --strip-components=1 --no-same-owner; \
    done; \
    tar -xzf /packed/nodeward-[0-9]*.tgz -C apps/cli --strip-components=1 --no-same-owner; \
    rm package.json package-lock.json .npmrc

FROM node:24-trixie-slim
LABEL org.opencontainers.image.title="Nodeward" org.opencontainers.image.licenses="Apache-2.0"
RUN ln -s /opt/nodeward/apps/cli/bin/nodeward.js /usr/local/bin/nodeward && install -d -o 10001 -g 10001 -m 700 /data
COPY --from=tree /opt/nodeward /opt/nodeward
ENV NODE_ENV=production NODEWARD_DATA_DIR=/data
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 7700
# Another port, or TLS of its own, needs a health check of its own (--health-cmd).
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7700/readyz').then(({ ok }) => { process.exitCode = ok ? 0 : 1; }, () => { process.exitCode = 1; })"]
ENTRYPOINT ["nodeward"]
CMD ["serve"]
