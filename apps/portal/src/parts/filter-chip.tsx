import { ChevronDown12Filled, Dismiss12Regular } from '@fluentui/react-icons';
import { useCallback, useId, useState } from 'react';
import { useMessages } from '../preferences.tsx';

interface FilterChipProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, label: string])[];
  /** What no choice is called; "all" unless told. */
  readonly none?: string;
  readonly choose: (value: string | undefined) => void;
}

/** From so many on, a list needs a search. */
const searchable = 16;

/** One filter: a native list that says its name and its value, and a cross where something is chosen; a list with a search where there is much to choose from. */
export function FilterChip(props: FilterChipProps) {
  return props.options.length >= searchable && props.none === undefined ? <PickerChip {...props} /> : <ListChip {...props} />;
}

function ListChip({ name, value, options, none, choose }: FilterChipProps) {
  const m = useMessages();
  const chosen = options.find(([option]) => option === value);
  return (
    <span className={`fchip ${chosen === undefined ? '' : 'on'}`}>
      <label>
        <span className="fname">{name}:</span>
        <select aria-label={name} value={chosen?.[0] ?? ''} onChange={({ target }) => choose(target.value === '' ? undefined : target.value)}>
          <option value="">{none ?? m.list.all}</option>
          {options.map(([option, label]) => <option key={option} value={option}>{label}</option>)}
        </select>
      </label>
      {chosen !== undefined && none === undefined && <RemoveButton name={`${name}: ${chosen[1]}`} remove={() => choose(undefined)} />}
    </span>
  );
}

/** As many as one looks through; the rest is found by typing. */
const offered = 60;

function PickerChip({ name, value, options, choose }: FilterChipProps) {
  const m = useMessages();
  const id = useId();
  const [anchor, setAnchor] = useState<DOMRect>();
  const chosen = options.find(([option]) => option === value);
  return (
    <span className={`fchip ${chosen === undefined ? '' : 'on'}`}>
      <button type="button" className="open" aria-haspopup="dialog" aria-expanded={anchor !== undefined} aria-controls={anchor === undefined ? undefined : id} title={chosen?.[1]} onClick={({ currentTarget }) => setAnchor(anchor === undefined ? currentTarget.getBoundingClientRect() : undefined)}>
        <span className="fname">{name}:</span> <span className="fvalue">{chosen?.[1] ?? m.list.all}</span> <ChevronDown12Filled aria-hidden />
      </button>
      {chosen !== undefined && <RemoveButton name={`${name}: ${chosen[1]}`} remove={() => choose(undefined)} />}
      {anchor !== undefined && <Picker id={id} name={name} options={options} anchor={anchor} closed={() => setAnchor(undefined)} choose={(option) => { setAnchor(undefined); choose(option); }} />}
    </span>
  );
}

interface PickerProps extends Pick<FilterChipProps, 'name' | 'options'> {
  readonly id: string;
  readonly anchor: DOMRect;
  readonly closed: () => void;
  readonly choose: (option: string) => void;
}

/** In the browser's top layer, which no scroller clips; Esc and a press elsewhere close it. */
function Picker({ id, name, options, anchor, closed, choose }: PickerProps) {
  const m = useMessages();
  const [text, setText] = useState('');
  const show = useCallback((element: HTMLDivElement | null) => {
    if (element?.isConnected !== true || element.matches(':popover-open')) return;
    element.showPopover();
    element.querySelector('input')?.focus();
  }, []);
  const found = options.filter(([, label]) => label.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <div id={id} ref={show} popover="auto" className="picker" role="dialog" aria-label={name} style={{ left: Math.max(8, Math.min(anchor.left, innerWidth - 348)), top: anchor.bottom + 4 }} onToggle={({ newState }) => newState === 'closed' && closed()}>
      <input type="search" autoComplete="off" spellCheck={false} aria-label={m.list.find(name)} placeholder={m.list.find(name)} value={text} onChange={({ target }) => setText(target.value)} onKeyDown={({ key }) => key === 'Enter' && found[0] !== undefined && choose(found[0][0])} />
      <ul aria-label={name}>{found.slice(0, offered).map(([option, label]) => <li key={option}><button type="button" onClick={() => choose(option)}>{label}</button></li>)}</ul>
      <div role="status" className="lbl">{found.length === 0 ? m.list.noneFound : found.length > offered ? m.list.manyFound(found.length - offered) : ''}</div>
    </div>
  );
}

/** A filter that only a link sets: it can be taken away, not chosen. */
export function FixedChip({ text, remove }: { readonly text: string; readonly remove: () => void }) {
  return <span className="fchip on"><span>{text}</span><RemoveButton name={text} remove={remove} /></span>;
}

function RemoveButton({ name, remove }: { readonly name: string; readonly remove: () => void }) {
  const m = useMessages();
  return <button type="button" aria-label={m.list.remove(name)} title={m.list.remove(name)} onClick={remove}><Dismiss12Regular aria-hidden /></button>;
}
