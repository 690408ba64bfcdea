/** Stable versions, spelled out: a newer one may drop or reinterpret fields. */
export const apiVersions = {
  containerService: '2026-04-01',
  disks: '2025-01-02',
  compute: '2026-03-01',
  subscriptions: '2022-12-01',
  permissions: '2022-04-01',
} as const;
