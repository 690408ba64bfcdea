type Language = 'ja' | 'en';

export interface TimeWords {
  /** 2026/11/24 15:04 JST. */
  readonly full: (instant: string) => string;
  /** 15:04:05, for events of one job. */
  readonly clock: (instant: string) => string;
  readonly date: (instant: string) => string;
  /** 3 分前, 3 minutes ago. */
  readonly relative: (instant: string) => string;
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
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const number = new Intl.NumberFormat(locale);
  return {
    full: (instant) => full.format(new Date(instant)),
    clock: (instant) => clock.format(new Date(instant)),
    date: (instant) => date.format(new Date(instant)),
    relative: (instant) => {
      const seconds = Math.round((Date.parse(instant) - now()) / 1000);
      const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
      return relative.format(Math.round(seconds / size), unit);
    },
    took: (from, to) => {
      const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
      const inMinutes = seconds >= 120;
      const value = number.format(inMinutes ? Math.round(seconds / 60) : seconds);
      if (language === 'ja') return `${value} ${inMinutes ? '分' : '秒'}`;
      return `${value} ${inMinutes ? 'min' : 's'}`;
    },
  };
}
