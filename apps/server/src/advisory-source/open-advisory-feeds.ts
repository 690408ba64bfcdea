import { AdvisoryDatabaseError, advisoryDatabaseStatus } from '@nodeward/engine';
import { type AdvisorySourceName, advisorySourceNames, readAdvisorySources, updateAdvisorySources } from '@nodeward/providers';
import type { OutsideSources } from '../connection/outside-sources.ts';
import type { AdvisoryFeeds } from './advisory-updates.ts';

/** The publishers, or the mirror that stands for them. */
export function openAdvisoryFeeds({ outbound, lists, advisoryFolder: folder, advisoryMirror: mirror }: OutsideSources, now: () => Date): AdvisoryFeeds {
  return {
    update: async (names, onProgress, signal) => {
      const options = { folder, purpose: 'production', outbound, mirror, nodeImages: lists, now, names: names.filter(isFeed) } as const;
      const report = await updateAdvisorySources(
        options,
        (progress) => {
          if (progress.phase === 'finished') onProgress(progress.source.name, true);
        },
        signal,
      );
      return { revision: report.kind === 'updated' ? report.revision : null };
    },
    read: async () => {
      const [feeds, images] = [await readAdvisorySources(folder), await lists.state()];
      return [...feeds.filter(({ name }) => name !== 'node-images'), images];
    },
    revision: async () => {
      try {
        return (await advisoryDatabaseStatus(folder)).revision;
      } catch (error) {
        if (error instanceof AdvisoryDatabaseError) return null;
        throw error;
      }
    },
  };
}

function isFeed(name: string): name is AdvisorySourceName {
  return advisorySourceNames.some((known) => known === name);
}
