import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAdvisoryDatabase } from './build-advisory-database.ts';
import { type AdvisoryDatabase, openAdvisoryDatabase } from './open-advisory-database.ts';

/** Where the real data lies beside the repository. */
export const sharedData = join(process.env.NODEWARD_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url)), 'data');

/** Kept between runs: an unchanged feed and builder need no build. */
export async function openSharedDatabase(): Promise<AdvisoryDatabase | undefined> {
  const path = join(sharedData, 'feeds/ubuntu-osv.zip');
  if (!existsSync(path)) return undefined;
  const folder = join(tmpdir(), 'nodeward-test-advisories');
  await buildAdvisoryDatabase({ feeds: [{ path }], folder, purpose: 'production' });
  return openAdvisoryDatabase(folder);
}
