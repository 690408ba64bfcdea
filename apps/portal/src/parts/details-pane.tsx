import { Button } from '@fluentui/react-components';
import { ArrowDown16Regular, ArrowUp16Regular, Dismiss20Regular } from '@fluentui/react-icons';
import { type ReactNode, useEffect, useRef } from 'react';
import { useMessages, usePreferences } from '../preferences.tsx';

interface DetailsPaneProps {
  readonly cve: string;
  /** The rows as shown: what Up and Down walk through. */
  readonly order: readonly string[];
  readonly show: (cve: string) => void;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** Where the arrow keys belong to something else. */
const ownKeys = 'input,textarea,select,[role=combobox],[role=listbox],[role=menu],[role=tablist],[role=dialog]';

/** 詳細ペイン: not modal. Esc closes and gives the focus back to the row, Up and Down walk through the list. */
export function DetailsPane({ cve, order, show, close, children }: DetailsPaneProps) {
  const m = useMessages();
  const heading = useRef<HTMLHeadingElement>(null);
  const at = order.indexOf(cve);
  /** Where the keys have got to: two quick presses come before the page has drawn the first. */
  const walked = useRef(cve);
  /** Rows asked for by the keys and not drawn yet: their drawing must not set the place back. */
  const coming = useRef(new Set<string>());
  const step = (by: 1 | -1) => {
    const id = order[order.indexOf(walked.current) + by];
    if (id === undefined) return;
    walked.current = id;
    coming.current.add(id);
    show(id);
  };
  const isLeaving = useRef(false);
  const leave = () => {
    isLeaving.current = true;
    close();
  };
  useEffect(() => () => {
    if (isLeaving.current) focusRow(walked.current, focusFrames);
  }, []);
  useEffect(() => {
    if (!coming.current.has(cve)) walked.current = cve;
    if (walked.current === cve) coming.current.clear();
    heading.current?.focus();
  }, [cve]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !(event.target instanceof Element) || event.target.closest(ownKeys) !== null) return;
      if (document.querySelector(':popover-open') !== null) return;
      if (event.key === 'Escape') leave();
      else if (event.key === 'ArrowDown') step(1);
      else if (event.key === 'ArrowUp') step(-1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  return (
    <aside className="pane" aria-label={m.pane.label(cve)}>
      <header>
        <div className="row between">
          <h2 ref={heading} tabIndex={-1} style={{ fontSize: 19, lineHeight: '26px' }}>{cve}</h2>
          <span className="row gap4">
            <Button appearance="subtle" size="small" icon={<ArrowUp16Regular />} aria-label={m.pane.previous} title={m.pane.previous} disabled={at <= 0} onClick={() => step(-1)} />
            <Button appearance="subtle" size="small" icon={<ArrowDown16Regular />} aria-label={m.pane.next} title={m.pane.next} disabled={at === -1 || at >= order.length - 1} onClick={() => step(1)} />
            <Button appearance="subtle" size="small" icon={<Dismiss20Regular />} aria-label={m.pane.close} title={m.pane.close} onClick={leave} />
          </span>
        </div>
      </header>
      <div className="panebody">{children}</div>
    </aside>
  );
}

/** About a second. */
const focusFrames = 60;

/** The row is the one that was open. The list is drawn anew without the pane, however long that takes: whoever else has the focus by then keeps it. */
function focusRow(cve: string, frames: number): void {
  if (frames === 0) return;
  requestAnimationFrame(() => {
    const row = document.querySelector<HTMLElement>(`[data-cve="${CSS.escape(cve)}"]`);
    const focused = document.activeElement;
    if (focused !== null && focused !== document.body && focused !== row) return;
    row?.focus();
    focusRow(cve, frames - 1);
  });
}

export function PaneSection({ title, right, children }: { readonly title: string; readonly right?: ReactNode; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <div className="row between wrap">
        <h3 style={{ fontSize: 14 }}>{title}</h3>
        {right}
      </div>
      {children}
    </section>
  );
}

/** An advisory in its publisher's words, which are English whatever the reader's language. */
export function PublisherText({ text }: { readonly text: string }) {
  const { m, language } = usePreferences();
  if (text === '') return <p className="sub">{m.pane.noDescription}</p>;
  return (
    <div>
      {language !== 'en' && <div className="lbl">{m.pane.original}</div>}
      <p className="sub break" lang="en">{text}</p>
    </div>
  );
}
