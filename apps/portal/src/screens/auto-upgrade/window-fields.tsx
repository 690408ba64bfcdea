import { Checkbox, Field, Input, Select } from '@fluentui/react-components';
import type { MaintenanceWindow } from '@nodeward/api';
import { useMessages } from '../../preferences.tsx';
import { windowText } from './window-text.ts';

interface WindowFieldsProps {
  readonly title: string;
  readonly window: MaintenanceWindow | null;
  readonly disabled: boolean;
  readonly change: (window: MaintenanceWindow | null) => void;
}

type Schedule = MaintenanceWindow['schedule'];

const fresh: MaintenanceWindow = { schedule: { kind: 'weekly', everyWeeks: 1, day: 'Saturday' }, startTime: '02:00', utcOffset: '+09:00', durationHours: 4 };
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const weeks = ['First', 'Second', 'Third', 'Fourth', 'Last'] as const;
const kinds = ['daily', 'weekly', 'absolute-monthly', 'relative-monthly'] as const;
const most = { daily: 7, weekly: 4, 'absolute-monthly': 6, 'relative-monthly': 6 } as const;
/** Whole hours and the half and quarter ones that countries use. */
const offsets = ['-12:00', '-11:00', '-10:00', '-09:30', '-09:00', '-08:00', '-07:00', '-06:00', '-05:00', '-04:00', '-03:30', '-03:00', '-02:00', '-01:00', '+00:00', '+01:00', '+02:00', '+03:00', '+03:30', '+04:00', '+04:30', '+05:00', '+05:30', '+05:45', '+06:00', '+06:30', '+07:00', '+08:00', '+08:45', '+09:00', '+09:30', '+10:00', '+10:30', '+11:00', '+12:00', '+12:45', '+13:00', '+14:00'];

/** Whether, when and for how long. */
export function WindowFields({ title, window, disabled, change }: WindowFieldsProps) {
  const m = useMessages();
  return (
    <fieldset className="col g8 window" disabled={disabled} aria-label={`${m.autoUpgrade.window}: ${title}`}>
      <Checkbox checked={window !== null} disabled={disabled} label={m.autoUpgrade.useWindow} onChange={(_, { checked }) => change(checked === true ? fresh : null)} />
      {window !== null && (
        <>
          <div className="fields">
            <ScheduleFields schedule={window.schedule} change={(schedule) => change({ ...window, schedule })} />
            <Field label={m.autoUpgrade.start}><Input type="time" required value={window.startTime} onChange={(_, { value }) => value !== '' && change({ ...window, startTime: value })} /></Field>
            <Choice label={m.autoUpgrade.offset} value={window.utcOffset} options={offsets.includes(window.utcOffset) ? offsets : [...offsets, window.utcOffset]} text={(offset) => `UTC${offset}`} choose={(utcOffset) => change({ ...window, utcOffset })} />
            <Choice label={m.autoUpgrade.duration} value={String(window.durationHours)} options={range(4, 24)} choose={(hours) => change({ ...window, durationHours: Number(hours) })} />
          </div>
          <b>{windowText(m, window)}</b>
        </>
      )}
      {window === null && <span className="sub">{m.autoUpgrade.anyTime}</span>}
      <p className="sub s12">{m.autoUpgrade.windowNote}</p>
    </fieldset>
  );
}

function ScheduleFields({ schedule, change }: { readonly schedule: Schedule; readonly change: (schedule: Schedule) => void }) {
  const m = useMessages();
  return (
    <>
      <Choice label={m.autoUpgrade.schedule} value={schedule.kind} options={kinds} text={(kind) => m.autoUpgrade.schedules[kind]} choose={(kind) => change(scheduleOf(kind))} />
      <Choice label={m.autoUpgrade.every[schedule.kind]} value={String(everyOf(schedule))} options={range(1, most[schedule.kind])} choose={(every) => change(withEvery(schedule, Number(every)))} />
      {schedule.kind === 'relative-monthly' && <Choice label={m.autoUpgrade.week} value={schedule.week} options={weeks} text={(week) => m.autoUpgrade.weeks[week]} choose={(week) => change({ ...schedule, week })} />}
      {(schedule.kind === 'weekly' || schedule.kind === 'relative-monthly') && <Choice label={m.autoUpgrade.day} value={schedule.day} options={days} text={(day) => m.autoUpgrade.days[day]} choose={(day) => change({ ...schedule, day })} />}
      {schedule.kind === 'absolute-monthly' && <Choice label={m.autoUpgrade.dayOfMonth} value={String(schedule.dayOfMonth)} options={range(1, 31)} choose={(day) => change({ ...schedule, dayOfMonth: Number(day) })} />}
    </>
  );
}

function scheduleOf(kind: Schedule['kind']): Schedule {
  switch (kind) {
    case 'daily':
      return { kind, everyDays: 1 };
    case 'weekly':
      return { kind, everyWeeks: 1, day: 'Saturday' };
    case 'absolute-monthly':
      return { kind, everyMonths: 1, dayOfMonth: 1 };
    case 'relative-monthly':
      return { kind, everyMonths: 1, week: 'First', day: 'Saturday' };
  }
}

function everyOf(schedule: Schedule): number {
  if (schedule.kind === 'daily') return schedule.everyDays;
  return schedule.kind === 'weekly' ? schedule.everyWeeks : schedule.everyMonths;
}

function withEvery(schedule: Schedule, every: number): Schedule {
  if (schedule.kind === 'daily') return { ...schedule, everyDays: every };
  return schedule.kind === 'weekly' ? { ...schedule, everyWeeks: every } : { ...schedule, everyMonths: every };
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly Value[];
  readonly text?: (value: Value) => string;
  readonly choose: (value: Value) => void;
}

function Choice<Value extends string>({ label, value, options, text = String, choose }: ChoiceProps<Value>) {
  return (
    <Field label={label}>
      <Select
        value={value}
        onChange={(_, data) => {
          const chosen = options.find((option) => option === data.value);
          if (chosen !== undefined) choose(chosen);
        }}
      >
        {options.map((option) => <option key={option} value={option}>{text(option)}</option>)}
      </Select>
    </Field>
  );
}

function range(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}
