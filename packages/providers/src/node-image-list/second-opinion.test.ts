import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { openOutbound, type Outbound } from '../network/outbound.ts';
import { openSecondOpinion } from './second-opinion.ts';

const label = 'AKSUbuntu-2204gen2containerd-202601.13.0';
const path = '/vhd-releases/AKSUbuntu-gen2-2204containerd/202601.13.0/scan-reports';
const report = { os_package_targets: [{ name: 'openssl', active_cves: [{ id: 'CVE-2026-1' }], mitigated_cves_from_previous_release: [{ id: 'CVE-2026-2' }] }, { name: 'bash' }] };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** The publisher's service with one answer for everything that it is asked. */
async function publisher(answer: { readonly status: number; readonly body: string }): Promise<{ readonly base: string; readonly asked: string[]; readonly outbound: Outbound }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const outbound = await openOutbound({ environment: {} });
  ends.push(async () => {
    await outbound.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { base: `http://127.0.0.1:${address.port}`, asked, outbound };
}

describe('the second opinion', () => {
  it('is asked once for an image, by its directory', async () => {
    const { base, asked, outbound } = await publisher({ status: 200, body: JSON.stringify(report) });
    const opinion = openSecondOpinion({ fetch: async (url, request) => outbound.fetch(url, request), now: () => new Date(0), base });
    const [first, second] = [await opinion.reportOf(label, AbortSignal.timeout(5000)), await opinion.reportOf(label, AbortSignal.timeout(5000))];

    expect([...(first?.active ?? [])]).toEqual(['CVE-2026-1']);
    expect([...(first?.mitigated ?? [])]).toEqual(['CVE-2026-2']);
    expect(second).toBe(first);
    expect(asked).toEqual([`GET ${path}`]);
  });

  it.each([
    ['no such image', { status: 404, body: '{}' }],
    ['a failure', { status: 500, body: 'oops' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['another shape', { status: 200, body: '{"os_package_targets": 3}' }],
  ])('is missing, and no agreement, after %s; it is not asked again for an hour', async (_what, answer) => {
    const { base, asked, outbound } = await publisher(answer);
    let now = 0;
    const opinion = openSecondOpinion({ fetch: async (url, request) => outbound.fetch(url, request), now: () => new Date(now), base });

    expect(await opinion.reportOf(label, AbortSignal.timeout(5000))).toBeUndefined();
    await opinion.reportOf(label, AbortSignal.timeout(5000));
    expect(asked).toHaveLength(1);
    now = 3_600_000;
    await opinion.reportOf(label, AbortSignal.timeout(5000));
    expect(asked).toHaveLength(2);
  });

  it.each(['ami-0123', 'AKSWindows-2022-containerd-20348.5499.260812'])('is not asked for of %s', async (name) => {
    const { base, asked, outbound } = await publisher({ status: 200, body: JSON.stringify(report) });

    expect(await openSecondOpinion({ fetch: async (url, request) => outbound.fetch(url, request), now: () => new Date(0), base }).reportOf(name, AbortSignal.timeout(5000))).toBeUndefined();
    expect(asked).toEqual([]);
  });
});
