export interface ServeOptions {
  readonly images?: readonly string[];
  readonly sample?: true;
  readonly dataDir?: string;
  readonly port?: number;
  readonly host?: string;
  readonly hostName?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly behindProxy?: true;
  readonly allowExec?: readonly string[];
}

/** Returns the server's own exit status, once it was told to stop and everything is closed. */
export async function runServe({ tlsCert, tlsKey, hostName, ...options }: ServeOptions): Promise<number> {
  const { serve } = await import('@nodeward/server');
  return serve({
    ...options,
    ...(hostName === undefined ? {} : { hostNames: hostName }),
    ...(tlsCert === undefined ? {} : { tlsCertificate: tlsCert }),
    ...(tlsKey === undefined ? {} : { tlsKey }),
  });
}
