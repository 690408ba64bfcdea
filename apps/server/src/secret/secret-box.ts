import { createCipheriv, createDecipheriv } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, InvalidInputError } from '@nodeward/engine';

/** Encrypts what only this installation may read. */
export interface SecretBox {
  /** `name` is what the secret belongs to: sealed for one, it opens for no other. */
  seal(name: string, secret: string): Promise<Buffer>;
  /** Throws `SecretUnreadableError` where the key is missing or another one. */
  open(name: string, sealed: Buffer): Promise<string>;
}

/** The key is not the one with which the secret was sealed. Nothing is lost: with the right key it opens again. */
export class SecretUnreadableError extends DomainError {
  readonly code = 'SECRET_UNREADABLE';
}

export interface SecretSources {
  readonly dataDir: string;
  /** `NODEWARD_SECRET_KEY`: 32 bytes, base64 or hexadecimal. Without it the key lies in the data folder. */
  readonly key: string | undefined;
  readonly randomBytes: (size: number) => Buffer;
}

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const format = 1;

/** AES-256-GCM: format byte, nonce, tag, ciphertext; the name is authenticated with it. */
export function createSecretBox({ dataDir, key: given, randomBytes }: SecretSources): SecretBox {
  const file = join(dataDir, 'secret.key');
  const fixed = given === undefined ? undefined : parseKey(given);
  const remedy = given === undefined ? `put the file secret.key of the data folder back` : 'give the NODEWARD_SECRET_KEY with which it was made';
  return {
    async seal(name, secret) {
      const key = fixed ?? (await readKey(file)) ?? (await createKey(file, randomBytes));
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), sealed]);
    },
    async open(name, sealed) {
      const key = fixed ?? (await readKey(file));
      if (key === undefined) throw new SecretUnreadableError(`the key of the stored secrets is not there: ${remedy}`);
      if (sealed[0] !== format || sealed.length < 1 + nonceBytes + tagBytes) throw new SecretUnreadableError('the stored secret has an unknown form');
      const nonce = sealed.subarray(1, 1 + nonceBytes);
      const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(name)).setAuthTag(tag);
      try {
        return Buffer.concat([decipher.update(sealed.subarray(1 + nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new SecretUnreadableError(`the stored secret was made with another key: ${remedy}`, { cause });
      }
    },
  };
}

/** Throws `InvalidInputError`: a key that is too short must not be stretched in silence. */
export function parseKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== keyBytes) throw new InvalidInputError('NODEWARD_SECRET_KEY must be 32 bytes, in base64 or hexadecimal (`openssl rand -base64 32`)');
  return key;
}

async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== keyBytes) throw new SecretUnreadableError('secret.key in the data folder holds no key: put the right file back');
  return key;
}

/** Whole under its name or not there, whenever the process ends. Of two that are made at the same time the first one counts. */
async function createKey(file: string, randomBytes: SecretSources['randomBytes']): Promise<Buffer> {
  const key = randomBytes(keyBytes);
  const unnamed = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(unnamed, 'wx', 0o600);
    try {
      await handle.writeFile(`${key.toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(unnamed, file);
    return key;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    const other = await readKey(file);
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(unnamed, { force: true });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
