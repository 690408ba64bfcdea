import { epssFormat } from './epss/parse.ts';
import type { FeedFormat } from './feed.ts';
import { goFormat } from './go/parse.ts';
import { kevFormat } from './kev/parse.ts';
import { kubernetesFormat } from './kubernetes/parse.ts';
import { osvFormat } from './osv/parse.ts';
import { readOvalDocument } from './oval/document.ts';
import { ovalFormat } from './oval/parse.ts';

/** One line per folder, in alphabetical order; of those that recognise a record the first reads it, and `osv` takes any JSON. */
export const feedFormats: readonly FeedFormat[] = [goFormat, kubernetesFormat, osvFormat, ovalFormat];

/** Threat data, likewise: about vulnerabilities, not packages. */
export const threatFormats = { epss: epssFormat, kev: kevFormat } as const;

/** Of feeds that are one XML document: its text to records. Told by the root element. */
export const readXmlRecords: (text: string, what: string) => readonly unknown[] = readOvalDocument;
