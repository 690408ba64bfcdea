/** `sample`: data that come with the sample fleet and are never asked for again. */
export type DataAge = 'current' | 'old' | 'unknown' | 'sample';

/** Where nothing updates the data by itself. */
const oldAfterHours = 48;
const intervalsMissed = 3;

/** Old: no answer for three intervals, or for two days where updates are on request (`everyHours` null). Unknown: nobody has written down when the source was asked. */
export function dataAge(checkedHoursAgo: number | undefined, everyHours: number | null): Exclude<DataAge, 'sample'> {
  if (checkedHoursAgo === undefined) return 'unknown';
  return checkedHoursAgo >= (everyHours === null ? oldAfterHours : intervalsMissed * everyHours) ? 'old' : 'current';
}
