import { readFile, writeFile } from 'node:fs/promises';
import { fromBufferPromise } from 'yauzl';
import { InvalidInputError } from '@nodeward/engine';

const mostEntries = 20_000;
const largestEntry = 4 * 1024 * 1024;
const largestSum = 64 * 1024 * 1024;

/** The chosen JSON files of an archive as one list, in the order of their names. Throws `InvalidInputError` where the archive cannot be read. */
export async function selectEntries(archive: string, wanted: RegExp, listFile: string): Promise<void> {
  const records = await readEntries(await readFile(archive), wanted).catch((error: unknown) => {
    throw error instanceof InvalidInputError ? error : new InvalidInputError('the archive is damaged', { cause: error });
  });
  if (records.length === 0) throw new InvalidInputError('the archive holds no records where they are expected');
  const texts = records.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ text }) => text);
  await writeFile(listFile, `[${texts.join(',')}]`);
}

async function readEntries(bytes: Buffer, wanted: RegExp): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const zip = await fromBufferPromise(bytes);
  if (zip.entryCount > mostEntries) throw new InvalidInputError(`the archive has more than ${mostEntries} entries`);
  const found: { name: string; text: string }[] = [];
  let sum = 0;
  for await (const entry of zip.eachEntry()) {
    if (!wanted.test(entry.fileName)) continue;
    sum += entry.uncompressedSize;
    if (entry.uncompressedSize > largestEntry || sum > largestSum) throw new InvalidInputError(`${entry.fileName} makes the archive too large`);
    const pieces: Buffer[] = [];
    const stream: AsyncIterable<Buffer> = await zip.openReadStreamPromise(entry);
    for await (const piece of stream) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    if (!isJson(text)) throw new InvalidInputError(`${entry.fileName} is no JSON`);
    found.push({ name: entry.fileName, text });
  }
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
