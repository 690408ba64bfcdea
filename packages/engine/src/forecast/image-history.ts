import type { MatchState, NodeMatch } from '../model/match.ts';
import { type ForecastSide, notToldBy } from './not-told.ts';

/** One published image of a family, as it was matched; without `side` nothing can be told about it. */
export interface HistoricImage {
  readonly version: string;
  readonly side?: ForecastSide;
}

/** `without-fix`: there, and the vendor has published no fix (or none without a subscription) for what carries it there. */
type Presence = 'present' | 'without-fix' | 'absent' | 'undetermined';

/**
 * How one vulnerability came and went over the images of one family. Versions, oldest first. An image carries the fix
 * where nothing on it lacks a published fix; what no vendor has fixed there stands in `withoutFix`.
 */
export interface ImageHistory {
  /** Of the newest image, fix or no fix; `never`: every image can be told, and none has it. */
  readonly state: 'clean' | 'affected' | 'never' | 'unknown';
  /** The first image without it after one that had it. */
  readonly firstFixed: string | null;
  /** Images in which it is there again after one without it. */
  readonly cameBack: readonly string[];
  /** The first image of those at the end that are all without it; null where the newest has it, or none ever had. */
  readonly goneSince: string | null;
  readonly undetermined: readonly string[];
  readonly withoutFix: readonly string[];
  /** The newest image has it although the vendor has published a fix. */
  readonly fixIsOut: boolean;
}

const fixableStates: readonly MatchState[] = ['affected-fix-available'];
/** Fixed or not, with a subscription or without: it is there. */
const thereStates: readonly MatchState[] = [...fixableStates, 'affected-fix-with-subscription', 'affected-no-fix', 'deferred'];

/** Histories of a family, made once for every vulnerability that any of its images has; they hold no rows any more. */
export interface ImageHistories {
  of(vulnerability: string): ImageHistory;
}

/**
 * `images`: all that were published, oldest first. An image that cannot be told breaks no chain and makes none: what is
 * said of its neighbours stays true, and it is named.
 */
export function imageHistories(images: readonly HistoricImage[]): ImageHistories {
  const indexed = images.map(({ version, side }): IndexedImage => ({ version, side, rows: Map.groupBy(side?.matches ?? [], ({ vulnerability }) => vulnerability) }));
  const vulnerabilities = new Set(indexed.flatMap(({ rows }) => [...rows.keys()]));
  const histories = new Map([...vulnerabilities].map((vulnerability) => [vulnerability, historyOf(indexed, vulnerability)]));
  const unseen = historyOf(indexed, '');
  return { of: (vulnerability) => histories.get(vulnerability) ?? unseen };
}

interface IndexedImage {
  readonly version: string;
  readonly side: ForecastSide | undefined;
  readonly rows: ReadonlyMap<string, readonly NodeMatch[]>;
}

function historyOf(images: readonly IndexedImage[], vulnerability: string): ImageHistory {
  const seen = images.flatMap(({ rows }) => rows.get(vulnerability)?.filter(({ state }) => thereStates.includes(state)) ?? []);
  const presences = images.map(({ version, side, rows }) => ({ version, presence: presenceIn(side, rows.get(vulnerability) ?? [], seen) }));
  const told = presences.filter(({ presence }) => presence !== 'undetermined').map(({ version, presence }) => ({ version, lacksFix: presence === 'present' }));
  const followed = told.map((image, index) => ({ ...image, before: told[index - 1]?.lacksFix }));
  const firstThere = told.findIndex(({ lacksFix }) => lacksFix);
  return {
    state: stateOf(presences),
    firstFixed: followed.find(({ lacksFix, before }) => !lacksFix && before === true)?.version ?? null,
    cameBack: followed.filter(({ lacksFix, before }, index) => lacksFix && before === false && index > firstThere).map(({ version }) => version),
    goneSince: goneSince(presences),
    undetermined: presences.filter(({ presence }) => presence === 'undetermined').map(({ version }) => version),
    withoutFix: presences.filter(({ presence }) => presence === 'without-fix').map(({ version }) => version),
    fixIsOut: images.at(-1)?.rows.get(vulnerability)?.some(({ state }) => state === 'affected-fix-available') === true,
  };
}

function presenceIn(side: ForecastSide | undefined, rows: readonly NodeMatch[], seen: readonly NodeMatch[]): Presence {
  if (side === undefined) return 'undetermined';
  if (rows.some(({ state }) => fixableStates.includes(state))) return 'present';
  if (rows.some(({ state }) => state === 'undetermined')) return 'undetermined';
  if (notToldBy({ ...side, matches: rows }, seen, thereStates).length > 0) return 'undetermined';
  return rows.some(({ state }) => thereStates.includes(state)) ? 'without-fix' : 'absent';
}

interface PresentImage {
  readonly version: string;
  readonly presence: Presence;
}

function stateOf(images: readonly PresentImage[]): ImageHistory['state'] {
  const newest = images.at(-1)?.presence ?? 'undetermined';
  if (newest === 'undetermined') return 'unknown';
  if (newest === 'present' || newest === 'without-fix') return 'affected';
  return images.every(({ presence }) => presence === 'absent') ? 'never' : 'clean';
}

/** From the end backwards: an image that cannot be told ends the chain. */
function goneSince(images: readonly PresentImage[]): string | null {
  const lastOther = images.findLastIndex(({ presence }) => presence === 'present' || presence === 'undetermined');
  const wasThere = images.slice(0, lastOther + 1).some(({ presence }) => presence === 'present');
  return wasThere ? (images[lastOther + 1]?.version ?? null) : null;
}
