import type { FeedFormat } from './feed.ts';
import { osvFormat } from './osv/parse.ts';

/** One line per folder, in alphabetical order. The test beside this file keeps it complete. */
export const feedFormats: readonly FeedFormat[] = [osvFormat];
