import { Search16Regular } from '@fluentui/react-icons';
import type { SearchHit } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { searchQuery } from '../api/queries.ts';
import type { Messages } from '../i18n/messages.ts';
import { listPath, nodePath, poolPath, vulnerabilityPath } from '../paths.ts';
import { useMessages } from '../preferences.tsx';

const kinds = ['vulnerability', 'node-pool', 'cluster', 'node', 'package'] as const;
const list = 'global-search-list';
/** Typing is gathered this long before the server is asked, in ms. */
const pause = 150;

/** Where a hit leads. */
function pathOf(hit: SearchHit): string {
  switch (hit.kind) {
    case 'cluster':
      return listPath('/inventory', { clusterId: hit.clusterId });
    case 'node-pool':
      return poolPath(hit.poolId);
    case 'node':
      return nodePath(hit.nodeId);
    case 'vulnerability':
      return vulnerabilityPath(hit.vulnerability);
    case 'package':
      return listPath('/inventory/packages', { q: hit.name });
  }
}

/** Name, and what tells it from others of the same name. */
function wordsOf(m: Messages, hit: SearchHit): readonly [name: string, note: string] {
  switch (hit.kind) {
    case 'cluster':
      return [hit.name, m.unit.pool(hit.nodePools)];
    case 'node-pool':
      return [hit.name, `${hit.cluster} · ${m.recommendationState[hit.state]}`];
    case 'node':
      return [hit.name, `${hit.pool} · ${hit.cluster}`];
    case 'vulnerability':
      return [hit.vulnerability, `${m.severity[hit.severity]} · ${m.unit.pool(hit.pools)}`];
    case 'package':
      return [hit.name, m.search.packageIn(hit.versions, hit.nodes)];
  }
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pause);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** What was typed, what was found for it, and which of it is chosen. */
function useSearch() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const wanted = useSettled(text.trim());
  const query = useQuery(searchQuery(wanted));
  const groups = kinds.map((kind) => ({ kind, hits: query.data?.hits.filter((hit) => hit.kind === kind) ?? [] })).filter(({ hits }) => hits.length > 0);
  const hits = groups.flatMap((group) => group.hits);
  return {
    text, wanted, query, groups, hits, at,
    shown: open && text.trim() !== '',
    open: () => setOpen(true),
    close: () => {
      setOpen(false);
      setAt(-1);
    },
    type: (next: string) => {
      setText(next);
      setOpen(true);
      setAt(-1);
    },
    move: (step: 1 | -1) => {
      setOpen(true);
      setAt(hits.length === 0 ? -1 : at === -1 && step === -1 ? hits.length - 1 : (at + step + hits.length) % hits.length);
    },
    clear: () => {
      setOpen(false);
      setText('');
    },
  };
}

type Search = ReturnType<typeof useSearch>;

/** Where Enter leads: to an exact CVE at once, else to what is chosen, else to the first of an answer that fits the text. */
function destination({ text, wanted, hits, at, shown }: Search): string | undefined {
  if (at === -1 && /^CVE-\d{4}-\d{4,}$/i.test(text.trim())) return vulnerabilityPath(text.trim().toUpperCase());
  const hit = hits[at === -1 ? 0 : at];
  return shown && hit !== undefined && wanted === text.trim() ? pathOf(hit) : undefined;
}

/** Everything by name: a combobox after the ARIA pattern, grouped, with the focus left in the field. */
export function GlobalSearch() {
  const m = useMessages();
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const search = useSearch();
  const leave = (to: string) => {
    search.clear();
    field.current?.blur();
    void navigate(to);
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const to = event.key === 'Enter' ? destination(search) : undefined;
    if (event.key === 'ArrowDown') search.move(1);
    else if (event.key === 'ArrowUp') search.move(-1);
    else if (event.key === 'Escape' && search.shown) search.close();
    else if (to !== undefined) leave(to);
    else return;
    event.preventDefault();
  };
  return (
    <div className="find" onBlur={({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && search.close()}>
      <Search16Regular aria-hidden />
      <input
        ref={field}
        type="text"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        aria-label={m.search.label}
        placeholder={m.search.placeholder}
        aria-expanded={search.shown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={search.shown && search.at >= 0 ? `${list}-${search.at}` : undefined}
        value={search.text}
        onFocus={search.open}
        onChange={({ target }) => search.type(target.value)}
        onKeyDown={press}
      />
      <Found search={search} choose={leave} />
    </div>
  );
}

function Found({ search: { shown, groups, hits, at, text, wanted, query }, choose }: { readonly search: Search; readonly choose: (to: string) => void }) {
  const m = useMessages();
  return (
    <div className="found" hidden={!shown}>
      <div id={list} role="listbox" aria-label={m.search.label}>
        {shown &&
          groups.map((group) => (
            <div key={group.kind} role="group" aria-label={m.search.groups[group.kind]}>
              <div className="fgroup" aria-hidden>{m.search.groups[group.kind]}</div>
              {group.hits.map((hit) => {
                const index = hits.indexOf(hit);
                return <Hit key={pathOf(hit)} hit={hit} index={index} chosen={index === at} choose={() => choose(pathOf(hit))} />;
              })}
            </div>
          ))}
      </div>
      <div role="status" className="fstate">{shown && <StatusText text={text.trim()} wanted={wanted} query={query} />}</div>
    </div>
  );
}

function Hit({ hit, index, chosen, choose }: { readonly hit: SearchHit; readonly index: number; readonly chosen: boolean; readonly choose: () => void }) {
  const [name, note] = wordsOf(useMessages(), hit);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    // A press must not take the focus from the field, or the list would close before the click.
    <div ref={ref} id={`${list}-${index}`} role="option" aria-selected={chosen} className="hit" onMouseDown={(event) => event.preventDefault()} onClick={choose}>
      <span className="break">{name}</span>
      <span className="lbl">{note}</span>
    </div>
  );
}

interface SearchState {
  readonly data: { readonly hits: readonly SearchHit[]; readonly truncated: boolean } | undefined;
  readonly error: Error | null;
  readonly isFetching: boolean;
}

function StatusText({ text, wanted, query }: { readonly text: string; readonly wanted: string; readonly query: SearchState }) {
  const m = useMessages();
  if (query.error !== null) return m.search.failed;
  if (text !== wanted || query.isFetching || query.data === undefined) return m.search.searching;
  if (query.data.hits.length === 0) return m.search.none(text);
  return query.data.truncated ? m.search.more : m.search.found(query.data.hits.length);
}
