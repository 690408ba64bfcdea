import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { copyFolder } from './copy-folder-for-tests.ts';
import { openDatabase } from './open-database.ts';

/**
 * Fills `dataDir` with an empty embedded database, for tests: creating one takes seconds, copying it a fraction of one.
 * The template is made at first use, in node_modules/.cache, and shared by all test processes.
 */
export async function copyEmbeddedTemplate(dataDir: string): Promise<void> {
  const template = await findOrCreateTemplate();
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await copyFolder(join(template, 'pg18'), join(dataDir, 'pg18'));
}

async function findOrCreateTemplate(): Promise<string> {
  const cache = join(import.meta.dirname, '../../../../node_modules/.cache/nodeward');
  const template = join(cache, `embedded-template-${await pgliteVersion()}`);
  if (await exists(template)) return template;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(`${template}-`);
  const database = await openDatabase({ dataDir: made, log: rethrow, fatal: rethrow });
  await database.close();
  try {
    await rename(made, template);
  } catch (error) {
    // another process was faster: a folder with files in it cannot be replaced
    await rm(made, { recursive: true });
    if (!(await exists(template))) throw error;
  }
  return template;
}

async function pgliteVersion(): Promise<string> {
  const dist = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  return z.object({ version: z.string() }).parse(JSON.parse(await readFile(join(dist, '../package.json'), 'utf8'))).version;
}

function rethrow(error: Error): never {
  throw error;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
