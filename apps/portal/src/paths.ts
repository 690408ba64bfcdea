/** Addresses of the portal, in one place. */
export const poolPath = (poolId: string): string => `/recommendations/${encodeURIComponent(poolId)}`;
export const cvePath = (poolId: string, cve: string): string => `${poolPath(poolId)}/${encodeURIComponent(cve)}`;
export const fixPath = (poolId: string): string => `${poolPath(poolId)}/fix`;
export const jobPath = (jobId: string): string => `/upgrade-jobs/${encodeURIComponent(jobId)}`;
export const nodePath = (nodeId: string): string => `/inventory/nodes/${encodeURIComponent(nodeId)}`;
export const vulnerabilityPath = (cve: string): string => `/vulnerabilities/${encodeURIComponent(cve)}`;
export const whichImagePath = (cve: string): string => `${vulnerabilityPath(cve)}/images`;
export const rightsPath = (kind: string): string => `/settings/rights/${kind}`;
export const addConnectionPath = '/settings/connections/new';
export const editConnectionPath = (connectionId: string): string => `/settings/connections/${encodeURIComponent(connectionId)}/edit`;

export const autoUpgradePath = (clusterId: string): string => `/clusters/${encodeURIComponent(clusterId)}/auto-upgrade`;

/** A list with its filter in the address; what is undefined is left out. */
export function listPath(path: string, filter: Readonly<Record<string, string | undefined>> = {}): string {
  const search = new URLSearchParams(Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** The Fix page opened at the very candidate, and where wanted at the very figure, that a link shows. */
export function targetPath(poolId: string, { kind, target }: { readonly kind: string; readonly target: string | null }, show?: 'fixed' | 'introduced'): string {
  return listPath(fixPath(poolId), { operation: kind, target: target ?? undefined, show });
}
