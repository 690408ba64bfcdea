import { AdvisoryDatabaseError, type AdvisoryDatabasePurpose, advisoryDatabaseStatus } from '@nodeward/engine';
import type { Connection } from '@nodeward/api';
import { type ProviderKind, readAdvisorySources } from '@nodeward/providers';

/** How a connection's advisory database stands; `failure` is a stable code. */
export interface AdvisoryState {
  readonly folder: string;
  readonly purpose: AdvisoryDatabasePurpose;
  readonly state: 'ok' | 'failed';
  readonly revision: string | null;
  readonly failure: string | null;
  readonly feeds: readonly Connection['advisoryDatabase']['feeds'][number][];
}

export async function readAdvisoryState(kind: ProviderKind, database: { readonly folder: string; readonly purpose: AdvisoryDatabasePurpose }): Promise<AdvisoryState> {
  const known = { folder: database.folder, purpose: database.purpose };
  try {
    const { revision, purpose, feeds: statuses } = await advisoryDatabaseStatus(database.folder);
    const checkedAt = new Map<string, string | null>((await readAdvisorySources(database.folder)).map((source) => [source.name, source.checkedAt]));
    const feeds = statuses.map(({ name, records, rows, newest, ecosystems, sha256 }) => ({
      name,
      records,
      rows: rows ?? 0,
      newest,
      checkedAt: checkedAt.get(name) ?? null,
      ecosystems: [...(ecosystems ?? [])],
      sha256,
    }));
    const failure = statuses.find(({ damage }) => damage !== undefined)?.damage?.reason ?? misuse(kind, purpose) ?? (feeds.length === 0 ? 'absent' : null);
    return { folder: database.folder, purpose, state: failure === null ? 'ok' : 'failed', revision, failure, feeds };
  } catch (error) {
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    return { ...known, state: 'failed', revision: null, failure: error.reason, feeds: [] };
  }
}

function misuse(kind: ProviderKind, purpose: AdvisoryDatabasePurpose): string | undefined {
  return kind !== 'sample' && purpose === 'sample' ? 'made-for-sample' : undefined;
}
