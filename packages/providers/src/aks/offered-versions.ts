/** Kubernetes versions of three numbers; what has another form is not offered by AKS. */
export function numbersOf(version: string): readonly [number, number, number] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Released versions that are ahead of `current` and at most one minor version away, oldest first. */
export function reachable(current: string | undefined, offered: readonly { readonly kubernetesVersion: string; readonly isPreview?: boolean | null | undefined }[]): readonly string[] {
  const from = current === undefined ? undefined : numbersOf(current);
  if (from === undefined) return [];
  return [...new Set(offered.filter(({ isPreview }) => isPreview !== true).map(({ kubernetesVersion }) => kubernetesVersion))]
    .flatMap((version) => {
      const to = numbersOf(version);
      return to !== undefined && compare(to, from) > 0 && to[0] === from[0] && to[1] <= from[1] + 1 ? [{ version, to }] : [];
    })
    .toSorted((a, b) => compare(a.to, b.to))
    .map(({ version }) => version);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((number, index) => number !== b[index]);
  return different === -1 ? 0 : (a[different] ?? 0) - (b[different] ?? 0);
}
