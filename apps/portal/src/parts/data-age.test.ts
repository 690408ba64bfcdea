import { describe, expect, it } from 'vitest';
import { dataAge } from './data-age.ts';

describe('the age of advisory data', () => {
  it.each([
    ['is not known where nobody has written down when it was asked', undefined, 24, 'unknown'],
    ['is current within three intervals', 71.9, 24, 'current'],
    ['is old after three intervals', 72, 24, 'old'],
    ['is old sooner where the interval is shorter', 18, 6, 'old'],
    ['is current for two days where nothing updates by itself', 47.9, null, 'current'],
    ['is old after two days where nothing updates by itself', 48, null, 'old'],
  ] as const)('%s', (_, hours, everyHours, expected) => {
    expect(dataAge(hours, everyHours)).toBe(expected);
  });
});
