import { joinSourceNames, type SourceNames } from '@nodeward/engine';
import * as z from 'zod';
import { messageOf } from '../database/database-errors.ts';
import type { Dependencies } from '../dependencies.ts';
import { readSourceNames } from './open-stored.ts';
import { storedConnections } from './stored-connections.ts';

const withSourceNames = z.object({ sourceNames: z.string().optional() });

/** What the files of all stored connections say together; one that cannot be read is left out here, and its connection says why. */
export async function joinedSourceNames({ db, log }: Pick<Dependencies, 'db' | 'log'>): Promise<SourceNames | undefined> {
  const files = (await storedConnections(db)).flatMap(({ settings }) => withSourceNames.safeParse(settings).data?.sourceNames ?? []);
  let joined: SourceNames | undefined;
  for (const file of new Set(files)) {
    const names = await readSourceNames(file).catch((error: unknown) => {
      log.warn({ file, error: messageOf(error) }, 'source names could not be read');
      return undefined;
    });
    if (names !== undefined) joined = joined === undefined ? names : joinSourceNames(joined, names);
  }
  return joined;
}
