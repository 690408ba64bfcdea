import { describe, expect, it } from 'vitest';
import { createFailpoint } from './failpoint.ts';

describe('a failpoint', () => {
  it('ends the process at its n-th passing, and nothing after it runs', async () => {
    const killed: string[] = [];
    const failpoint = createFailpoint({ name: 'a', occurrence: 2 }, () => killed.push('killed'));

    await failpoint('b');
    await failpoint('a');
    const second = await Promise.race([failpoint('a').then(() => 'went on'), new Promise((resolve) => setTimeout(() => resolve('stands still'), 20))]);

    expect([killed, second]).toEqual([['killed'], 'stands still']);
  });

  it('is none where none is wanted', async () => {
    await expect(createFailpoint(undefined, () => expect.unreachable())('a')).resolves.toBeUndefined();
  });
});
