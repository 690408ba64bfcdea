/** Addresses of the portal, in one place. */
export const poolPath = (poolId: string): string => `/recommendations/${encodeURIComponent(poolId)}`;
export const cvePath = (poolId: string, cve: string): string => `${poolPath(poolId)}/${encodeURIComponent(cve)}`;
export const fixPath = (poolId: string): string => `${poolPath(poolId)}/fix`;
export const jobPath = (jobId: string): string => `/upgrade-jobs/${encodeURIComponent(jobId)}`;
