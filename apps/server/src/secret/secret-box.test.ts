import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { InvalidInputError } from '@nodeward/engine';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSecretBox, parseKey, SecretUnreadableError } from './secret-box.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nodeward-secret-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const box = (dataDir: string, key?: string) => createSecretBox({ dataDir, key, randomBytes });

describe('a sealed secret', () => {
  it('opens again, in another process too, and is not to be seen', async () => {
    const dataDir = await folder();
    const sealed = await box(dataDir).seal('w', 'whsec_abc');

    expect(sealed.toString('latin1')).not.toContain('whsec');
    expect(await box(dataDir).open('w', sealed)).toBe('whsec_abc');
    expect((await box(dataDir).seal('w', 'whsec_abc')).equals(sealed)).toBe(false);
  });

  it('has a key that only its owner reads', async () => {
    const dataDir = await folder();
    await box(dataDir).seal('w', 'x');

    expect((await stat(join(dataDir, 'secret.key'))).mode & 0o777).toBe(0o600);
  });

  it('makes one key where many are sealed at the same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const dataDir = await folder();
      const names = Array.from({ length: 10 }, (_, n) => `name ${n}`);
      // each a little later than the one before: some of them while the key is being made
      const sealed = await Promise.all(
        names.map(async (name, n) => {
          for (let turn = 0; turn < n; turn += 1) await setImmediate();
          return box(dataDir).seal(name, `secret of ${name}`);
        }),
      );

      expect(await Promise.all(sealed.map((bytes, n) => box(dataDir).open(names[n] ?? '', bytes)))).toEqual(names.map((name) => `secret of ${name}`));
      expect(await readdir(dataDir)).toEqual(['secret.key']);
    }
  });

  it('opens for nothing else, and for no other key, and says what to do', async () => {
    const dataDir = await folder();
    const sealed = await box(dataDir).seal('w', 'x');
    const changed = Buffer.from(sealed);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;

    await expect(box(dataDir).open('other', sealed)).rejects.toThrow(SecretUnreadableError);
    await expect(box(dataDir).open('w', changed)).rejects.toThrow(SecretUnreadableError);
    await expect(box(dataDir).open('w', Buffer.of(9))).rejects.toThrow(/unknown form/);
    await expect(box(dataDir, randomBytes(32).toString('hex')).open('w', sealed)).rejects.toThrow(/NODEWARD_SECRET_KEY/);
  });

  it('is not lost with its key: without it there is an error and no new key, and with it the secret', async () => {
    const dataDir = await folder();
    const sealed = await box(dataDir).seal('w', 'x');
    const key = await readFile(join(dataDir, 'secret.key'));
    await rm(join(dataDir, 'secret.key'));

    await expect(box(dataDir).open('w', sealed)).rejects.toThrow(/secret\.key/);
    await expect(stat(join(dataDir, 'secret.key'))).rejects.toThrow(/ENOENT/);
    await writeFile(join(dataDir, 'secret.key'), 'damaged');
    await expect(box(dataDir).open('w', sealed)).rejects.toThrow(SecretUnreadableError);
    await writeFile(join(dataDir, 'secret.key'), key);
    expect(await box(dataDir).open('w', sealed)).toBe('x');
  });

  it('takes the key from the environment, and writes none', async () => {
    const dataDir = await folder();
    const key = randomBytes(32).toString('base64');
    const sealed = await box(dataDir, key).seal('w', 'x');

    expect(await box(await folder(), key).open('w', sealed)).toBe('x');
    await expect(stat(join(dataDir, 'secret.key'))).rejects.toThrow(/ENOENT/);
  });

  it.each(['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('hex')])('has no key of another length: %s', (text) => {
    expect(() => parseKey(text)).toThrow(InvalidInputError);
  });
});
