import { nodeImageDirectory, parseNodeImageLabel } from '@nodeward/engine';
import { z } from 'zod';
import type { Outbound } from '../network/outbound.ts';

/** Of one node image: vulnerabilities that the publisher's own scanner sees, as far as a fix exists, and those gone since the image before. */
export interface ImageScanReport {
  readonly active: ReadonlySet<string>;
  readonly mitigated: ReadonlySet<string>;
}

export interface SecondOpinion {
  /** Undefined where the publisher has no report, or does not answer in time: an opinion that is missing is no agreement. */
  reportOf(label: string, signal: AbortSignal): Promise<ImageScanReport | undefined>;
}

export interface SecondOpinionOptions {
  readonly fetch: Outbound['fetch'];
  readonly now: () => Date;
  /** AKS Vulnerability Data API (Microsoft Learn, reference of 20 February 2026): GET, public, without authentication. */
  readonly base?: string;
}

const publicBase = 'https://cve-api.prod-aks.azure.com/api/v1';
const deadlineMs = 5000;
const retryFailedMs = 3_600_000;
const largestBytes = 32 * 1024 * 1024;

const cves = z.array(z.object({ id: z.string() })).optional();
const scanReport = z.object({ os_package_targets: z.array(z.object({ active_cves: cves, mitigated_cves_from_previous_release: cves })) });

/** Reports are kept: an image does not change. What failed is not asked again for an hour. */
export function openSecondOpinion({ fetch, now, base = publicBase }: SecondOpinionOptions): SecondOpinion {
  const reports = new Map<string, { readonly report: ImageScanReport | undefined; readonly at: number }>();
  return {
    reportOf: async (label, signal) => {
      const path = pathOf(label);
      if (path === undefined) return undefined;
      const known = reports.get(path);
      if (known !== undefined && (known.report !== undefined || now().getTime() - known.at < retryFailedMs)) return known.report;
      const report = await fetchReport(fetch, `${base}/${path}`, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])).catch(() => undefined);
      signal.throwIfAborted();
      reports.set(path, { report, at: now().getTime() });
      return report;
    },
  };
}

function pathOf(label: string): string | undefined {
  const parsed = parseNodeImageLabel(label);
  const found = parsed === undefined ? undefined : nodeImageDirectory(parsed.sku);
  return parsed === undefined || found === undefined ? undefined : `vhd-releases/${found.directory.replaceAll('/', '-')}/${encodeURIComponent(parsed.version)}/scan-reports`;
}

async function fetchReport(fetch: Outbound['fetch'], url: string, signal: AbortSignal): Promise<ImageScanReport | undefined> {
  const response = await fetch(url, { signal, redirect: 'error' });
  if (!response.ok || Number(response.headers.get('content-length') ?? 0) > largestBytes) {
    await response.body?.cancel();
    return undefined;
  }
  const { os_package_targets: targets } = scanReport.parse(await response.json());
  const idsOf = (list: z.infer<typeof cves>): readonly string[] => (list ?? []).map(({ id }) => id);
  return {
    active: new Set(targets.flatMap((target) => idsOf(target.active_cves))),
    mitigated: new Set(targets.flatMap((target) => idsOf(target.mitigated_cves_from_previous_release))),
  };
}
