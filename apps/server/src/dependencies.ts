import type { BestAction, Verdict } from '@nodeward/api';
import type { ForecastCounts } from '@nodeward/engine';
import type { Provider, ProviderKind } from '@nodeward/providers';
import type { Kysely } from 'kysely';
import type { ImageTarget } from './assessment/image-targets.ts';
import type { PredictedRows, Schema } from './database/schema.ts';
import type { EventBus } from './http/event-bus.ts';

/** What every slice is given; `compose.ts` makes it. */
export interface Dependencies {
  readonly db: Kysely<Schema>;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly events: EventBus;
  readonly providers: ConnectionProviders;
  readonly forecasts: Forecasts;
  readonly log: Log;
  readonly dataDir: string;
  readonly reader: DiskReaderOptions;
  /** Hours after which a node is assessed again although nothing says that it has changed. */
  readonly freshnessIntervalHours: number;
  /** Called before and after every outward effect with a stable name; the crash tests end the process there. */
  readonly failpoint: (name: string) => Promise<void>;
}

/** Bounds of the child process that parses a disk. */
export interface DiskReaderOptions {
  /** Resident memory, in bytes, at which the child is killed. */
  readonly memoryLimit: number;
  /** Milliseconds after which the child is killed. */
  readonly deadline: number;
  /** The module that the child runs; tests give a hostile one. */
  readonly entry?: URL;
}

export const defaultDiskReaderOptions: DiskReaderOptions = { memoryLimit: 400 * 1024 * 1024, deadline: 120_000 };

export interface ConfiguredConnection {
  readonly id: string;
  readonly kind: ProviderKind;
  readonly name: string;
  /** Folder of the images provider. */
  readonly location?: string;
  /** The same provider every time; rejects with `InvalidConfigurationError` and may be tried again. */
  open(): Promise<Provider>;
}

export interface ConnectionProviders {
  readonly all: readonly ConfiguredConnection[];
  get(connectionId: string): ConfiguredConnection | undefined;
}

/** What the findings and recommendations show of the forecasts. */
export interface Forecasts {
  /** By pool, in a few queries however many pools they are; pools that are gone are left out. */
  bestActions(poolIds: readonly string[]): Promise<ReadonlyMap<string, BestKnownAction>>;
  /** By pool, what was foretold of an image under a kubelet; left out where nothing was, or nothing could be told. Reads nothing anew. */
  foretold(targets: ReadonlyMap<string, ImageTarget>): Promise<ReadonlyMap<string, Foretold>>;
  /** By `forecastKey`. */
  verdicts(poolId: string): Promise<ReadonlyMap<string, ForecastVerdict>>;
}

export interface Foretold {
  readonly kind: 'node-image' | 'kubernetes';
  readonly counts: ForecastCounts;
  readonly rows: PredictedRows;
}

export interface BestKnownAction {
  readonly action: BestAction | null;
  /** False while the effect of some candidate is not known: then no action means nothing. */
  readonly known: boolean;
}

/** Rows of a forecast are keyed by package family and vulnerability. */
export function forecastKey(packageFamily: string, vulnerability: string): string {
  return `${packageFamily}\t${vulnerability}`;
}

export interface ForecastVerdict {
  readonly verdict: Verdict;
  readonly fixedInImage: string | null;
  readonly fixedInKubernetes: string | null;
}

type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The part of pino that is used. */
export interface Log {
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

export const noFailpoint = (): Promise<void> => Promise.resolve();
