type Language = 'ja' | 'en';

export interface TimeWords {
  /** 2026/11/24 15:04 JST. */
  readonly full: (instant: string) => string;
  /** 15:04:05, for events of one job. */
  readonly clock: (instant: string) => string;
  readonly date: (instant: string) => string;
  /** 11/24, 24 Nov: a calendar day as the server counts it (UTC), whatever the reader's zone. */
  readonly day: (day: string) => string;
  /** Whole days since, or undefined where the text is no time. */
  readonly daysSince: (instant: string) => number | undefined;
  /** The same in hours, with their fraction. */
  readonly hoursSince: (instant: string) => number | undefined;
  /** 3 分前, 3 minutes ago. */
  readonly relative: (instant: string) => string;
  /** The same in as few letters as the language allows, for columns: 3 min. ago. */
  readonly ago: (instant: string) => string;
  /** 6 秒, 2 分: how long something took. */
  readonly took: (from: string, to: string) => string;
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** Absolute times always with their zone; what `now` is comes from outside. */
export function timeWords(language: Language, now: () => number): TimeWords {
  const locale = language === 'ja' ? 'ja-JP' : 'en-GB';
  const month = language === 'ja' ? '2-digit' : 'short';
  const full = new Intl.DateTimeFormat(locale, { year: 'numeric', month, day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const date = new Intl.DateTimeFormat(locale, { year: 'numeric', month, day: '2-digit' });
  const day = new Intl.DateTimeFormat(locale, { month: language === 'ja' ? 'numeric' : 'short', day: 'numeric', timeZone: 'UTC' });
  const long = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const short = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  const relative = (format: Intl.RelativeTimeFormat, instant: string): string => {
    const seconds = Math.round((Date.parse(instant) - now()) / 1000);
    const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
    return format.format(Math.round(seconds / size), unit);
  };
  const number = new Intl.NumberFormat(locale);
  return {
    full: (instant) => full.format(new Date(instant)),
    clock: (instant) => clock.format(new Date(instant)),
    date: (instant) => date.format(new Date(instant)),
    day: (text) => day.format(new Date(text)),
    daysSince: (instant) => {
      const days = Math.floor((now() - Date.parse(instant)) / 86_400_000);
      return Number.isNaN(days) ? undefined : Math.max(0, days);
    },
    hoursSince: (instant) => {
      const hours = (now() - Date.parse(instant)) / 3_600_000;
      return Number.isNaN(hours) ? undefined : Math.max(0, hours);
    },
    relative: (instant) => relative(long, instant),
    ago: (instant) => relative(short, instant),
    took: (from, to) => {
      const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
      const inMinutes = seconds >= 120;
      const value = number.format(inMinutes ? Math.round(seconds / 60) : seconds);
      if (language === 'ja') return `${value} ${inMinutes ? '分' : '秒'}`;
      return `${value} ${inMinutes ? 'min' : 's'}`;
    },
  };
}
