import { describe, expect, it } from 'vitest';
import { stableId, stableIdUnder } from './stable-id.ts';

describe('a stable id', () => {
  it.each([
    ['joins plain names readably', ['sample', 'prod-tokyo-01', 'userpool01'], 'sample:prod-tokyo-01:userpool01'],
    ['escapes what could be taken for its own signs', ['a:b', '~c', 'プ'], 'a~3a~b:~7e~c:~30d7~'],
  ])('%s', (_, names, expected) => {
    expect(stableId(...names)).toBe(expected);
  });

  it('differs where names are cut differently', () => {
    expect(stableId('a:b', 'c')).not.toBe(stableId('a', 'b:c'));
    expect(stableId('a', 'b', 'c')).not.toBe(stableId('a:b', 'c'));
  });

  it('of what lies under a connection escapes nothing a second time', () => {
    const connection = stableId('kubernetes', 'https://10.0.0.1:6443', 'prod');

    expect(stableIdUnder(connection, 'prod', 'spot/gpu 50%', 'node-1')).toBe('kubernetes:https~3a~~2f~~2f~10.0.0.1~3a~6443:prod:prod:spot~2f~gpu~20~50~25~:node-1');
    expect(stableIdUnder('sample', 'c', 'p')).toBe(stableId('sample', 'c', 'p'));
  });

  it('is bounded, and long names that begin alike differ', () => {
    const long = 'x'.repeat(500);

    expect(stableId(long, 'a').length).toBeLessThanOrEqual(160);
    expect(stableId(long, 'a')).not.toBe(stableId(long, 'b'));
    expect(stableId(long, 'a')).toBe(stableId(long, 'a'));
  });
});
