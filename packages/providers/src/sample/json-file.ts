import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { z } from 'zod';
import { InvalidConfigurationError } from '../errors.ts';

/** Undefined where the file does not exist; anything else than what the schema says is a wrong file. */
export async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema> | undefined> {
  const text = await readText(path);
  return text === undefined ? undefined : parseJson(path, 0, text, schema);
}

export function parseJson<Schema extends z.ZodType>(path: string, line: number, text: string, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(decode(path, line, text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InvalidConfigurationError(path, line, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`, { cause: parsed.error });
}

function decode(path: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidConfigurationError(path, line, 'not JSON', { cause });
  }
}

export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Writes a file that must not exist yet, whole or not at all: a killed process leaves no half of
 * it. Rejects with `EEXIST` where it exists.
 */
export async function createJson(path: string, content: unknown): Promise<void> {
  const partial = `${path}.partial`;
  await writeFile(partial, `${JSON.stringify(content, undefined, 2)}\n`);
  try {
    await link(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Puts the content in place of the file's in one step, whether or not it exists. */
export async function replaceJson(path: string, content: unknown): Promise<void> {
  const partial = `${path}.partial`;
  await writeFile(partial, `${JSON.stringify(content, undefined, 2)}\n`);
  await rename(partial, path);
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
