/** Shortest first: `1.0.0-rc93`, `1.27.0-rc.1`, Debian's `1.2.0~rc1`, and what VCS stamping appends (`1.7.2-0.20230101000000-abcdef123456`). */
const release = /^v?(\d+(?:\.\d+){1,2})/;
const preRelease = /^[-~]((?:alpha|beta|rc|pre|preview|dev)(?:[.-]?\d+(?:\.\d+)*)?)(?![0-9A-Za-z])/;
const pseudo = /^-((?:[0-9A-Za-z.]+\.)?\d{14}-[0-9a-f]{12})(?![0-9A-Za-z])/;
const epoch = /^\d+:/;
const longestVersion = 256;

/**
 * The publisher's version in a version that a vendor has built and named again (`1.27.3-eks-a5565ad`,
 * `2.1.7-ubuntu24.04u2`, `1.6.20+azure-1`): semantic versioning would take the vendor's suffix for a
 * pre-release, older than the release that it was built from. A real pre-release stays one, and a
 * pseudo-version too. Undefined where the text does not begin with a version.
 */
export function componentBaseVersion(text: string): string | undefined {
  if (text.length > longestVersion) return undefined;
  const version = text.trim().replace(epoch, '');
  const found = release.exec(version);
  if (found === null) return undefined;
  const [whole, base = ''] = found;
  const rest = version.slice(whole.length);
  // A letter or a fourth number straight after the numbers is not a version that we know how to read.
  if (/^[0-9A-Za-z_]/.test(rest)) return undefined;
  const suffix = (pseudo.exec(rest) ?? preRelease.exec(rest))?.[1];
  return suffix === undefined ? base : `${base}-${suffix}`;
}
