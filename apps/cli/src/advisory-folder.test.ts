import { describe, expect, it } from 'vitest';
import { advisoryFolder } from './advisory-folder.ts';

describe('the folder of the advisory database', () => {
  it.each([
    ['the option', 'given', { NODEWARD_DB: 'named', XDG_DATA_HOME: '/data', HOME: '/h' }, 'given'],
    ['NODEWARD_DB', undefined, { NODEWARD_DB: 'named', XDG_DATA_HOME: '/data', HOME: '/h' }, 'named'],
    ['the XDG data folder', undefined, { NODEWARD_DB: '', XDG_DATA_HOME: '/data', HOME: '/h' }, '/data/nodeward/advisories'],
    ['its default', undefined, { XDG_DATA_HOME: '', HOME: '/h' }, '/h/.local/share/nodeward/advisories'],
  ])('is %s', (_, option, environment, expected) => {
    expect(advisoryFolder(option, environment)).toBe(expected);
  });
});
