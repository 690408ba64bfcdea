import { AdvisoryDatabaseError, type AdvisoryDatabaseReason } from '../base/errors.ts';
import type { AdvisoryDatabasePurpose } from '../model/advisory-lookup.ts';
import { FeedFileMissing, openFeedFile } from './feed-file.ts';
import { type ManifestFeed, readManifest } from './manifest.ts';
import type { FeedKind } from './schema.ts';

export interface FeedStatus {
  readonly name: string;
  readonly kind: FeedKind;
  readonly file: string;
  readonly sha256: string;
  readonly sourceSha256: string;
  readonly bytes: number;
  readonly records: number;
  readonly newest: string;
  /** What the file itself says; absent where it is damaged. */
  readonly rows?: number;
  readonly refused?: number;
  readonly licence?: string;
  /** Of the model that computed scores, where there is one. */
  readonly model?: string;
  readonly ecosystems?: readonly string[];
  readonly damage?: { readonly reason: AdvisoryDatabaseReason; readonly message: string };
}

export interface AdvisoryDatabaseStatus {
  readonly revision: string;
  readonly purpose: AdvisoryDatabasePurpose;
  readonly feeds: readonly FeedStatus[];
}

/** For `db status`: proves every file and names the damage of each. Throws where there is no readable manifest. */
export async function advisoryDatabaseStatus(folder: string): Promise<AdvisoryDatabaseStatus> {
  const manifest = readManifest(folder);
  if (manifest === undefined) throw new AdvisoryDatabaseError('absent', `there is no advisory database in ${folder}`);
  const feeds = await Promise.all([...manifest.feeds].map(([name, feed]) => feedStatus(folder, name, feed)));
  return { revision: manifest.revision, purpose: manifest.purpose, feeds };
}

async function feedStatus(folder: string, name: string, feed: ManifestFeed): Promise<FeedStatus> {
  const { kind, file, sha256, bytes, records, newest, source_sha256: sourceSha256 } = feed;
  const known = { name, kind, file, sha256, sourceSha256, bytes, records, newest };
  try {
    using database = await openFeedFile(folder, feed);
    const meta = new Map(database.prepare('SELECT key, value FROM meta').all().map((row) => [String(row.key), String(row.value)]));
    const ecosystems: unknown = JSON.parse(meta.get('ecosystems') ?? '[]');
    return {
      ...known,
      rows: Number(meta.get('rows')),
      refused: Number(meta.get('refused')),
      licence: meta.get('licence') ?? '',
      ...(meta.has('model') ? { model: meta.get('model') ?? '' } : {}),
      ecosystems: Array.isArray(ecosystems) ? ecosystems.map(String) : [],
    };
  } catch (error) {
    if (error instanceof FeedFileMissing) return { ...known, damage: { reason: 'absent', message: `${file} is missing` } };
    if (error instanceof AdvisoryDatabaseError) return { ...known, damage: { reason: error.reason, message: error.message } };
    throw error;
  }
}
