import type { MaintenanceWindow } from '@nodeward/api';
import type { Messages } from '../../i18n/messages.ts';

/** A maintenance window in words. */
export function windowText(m: Messages, window: MaintenanceWindow | null): string {
  if (window === null) return m.autoUpgrade.anyTime;
  return m.autoUpgrade.at(scheduleText(m, window.schedule), window.startTime, window.utcOffset, window.durationHours);
}

function scheduleText(m: Messages, schedule: MaintenanceWindow['schedule']): string {
  const { when, days, weeks } = m.autoUpgrade;
  switch (schedule.kind) {
    case 'daily':
      return when.daily(schedule.everyDays);
    case 'weekly':
      return when.weekly(schedule.everyWeeks, days[schedule.day]);
    case 'absolute-monthly':
      return when['absolute-monthly'](schedule.everyMonths, schedule.dayOfMonth);
    case 'relative-monthly':
      return when['relative-monthly'](schedule.everyMonths, weeks[schedule.week], days[schedule.day]);
  }
}
