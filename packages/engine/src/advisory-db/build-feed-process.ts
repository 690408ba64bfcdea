/** Child process of `buildAdvisoryDatabase`: one feed, one answer. Its peak memory dies with it. */
import type { AdvisoryDatabasePurpose } from '../model/advisory-lookup.ts';
import { InvalidInputError } from '../base/errors.ts';
import { buildFeed, type FeedBuildTask } from './build-feed.ts';
import type { BuiltFeed } from './built-feed.ts';

export type BuildMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly of: number }
  | { readonly kind: 'built'; readonly built: BuiltFeed; readonly peakBytes: number }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** The task comes as arguments: nothing is read from the environment, which is empty. */
function readTask(values: readonly string[]): FeedBuildTask {
  const [path = '', temporaryFile = '', purposeText, name] = values;
  const purpose: AdvisoryDatabasePurpose = purposeText === 'sample' ? 'sample' : 'production';
  return { path, temporaryFile, purpose, ...(name === undefined ? {} : { name }) };
}

function answer(message: BuildMessage): void {
  process.send?.(message);
}

async function main(): Promise<void> {
  try {
    const built = await buildFeed(readTask(process.argv.slice(2)), (done, of) => answer({ kind: 'progress', done, of }));
    answer({ kind: 'built', built, peakBytes: process.resourceUsage().maxRSS * 1024 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    answer({ kind: error instanceof InvalidInputError ? 'invalid' : 'failed', message });
  }
  process.disconnect();
}

await main();
