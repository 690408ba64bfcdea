import { Button, SearchBox } from '@fluentui/react-components';
import { evidenceGrade, type InventoryTree, nodeState, notEvaluatedCause } from '@nodeward/api';
import type { NodeFilter } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { FilterChip } from '../../parts/filter-chip.tsx';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { useMessages } from '../../preferences.tsx';
import { isInScope, scopeNames, useFleetScope } from '../../parts/fleet-scope.ts';
import { ScopeFilters } from '../../parts/scope-filters.tsx';

const grades = [...evidenceGrade.options, 'none'] as const;
const ages = ['under-30', '30-to-89', '90-and-over', 'unknown'] as const;
const names = ['q', 'state', 'cause', 'grade', 'imageAge', ...scopeNames, 'poolId'] as const;

/** The filter of the node list, as the address says it. */
export function useNodeFilter(): NodeFilter {
  const address = useAddress();
  const optional = <Value,>(name: string, value: Value | undefined) => (value === undefined ? {} : { [name]: value });
  const given = (text: string): string | undefined => (text === '' ? undefined : text);
  return {
    ...optional('state', address.oneOf('state', nodeState.options)),
    ...optional('cause', address.oneOf('cause', notEvaluatedCause.options)),
    ...optional('grade', address.oneOf('grade', grades)),
    ...optional('imageAge', address.oneOf('imageAge', ages)),
    ...useFleetScope(),
    ...optional('poolId', given(address.text('poolId'))),
    ...optional('search', given(address.text('q').trim())),
  };
}

const isFiltered = (filter: NodeFilter): boolean => Object.keys(filter).length > 0;

/** Whether nodes are chosen one by one; connection, region and cluster alone confine the tree as well. */
export const choosesNodes = (filter: NodeFilter): boolean => Object.keys(filter).some((name) => !scopeNames.some((scope) => scope === name));

export function NodeFilters({ tree, filter }: { readonly tree: InventoryTree; readonly filter: NodeFilter }) {
  const m = useMessages();
  const address = useAddress();
  const scope = useFleetScope();
  const pools = tree.clusters.filter((cluster) => isInScope(scope, cluster)).flatMap(({ cluster, pools: own }) => own.map(({ poolId, pool }): [string, string] => [poolId, `${pool} · ${cluster}`]));
  const choose = (name: (typeof names)[number]) => (value: string | undefined) => address.change({ [name]: value });
  return (
    <div className="chips" style={{ paddingInline: 20 }}>
      <SearchBox size="small" style={{ width: 284 }} placeholder={m.inventory.filter} aria-label={m.inventory.filter} value={address.text('q')} onChange={(_, { value }) => address.change({ q: value })} />
      <FilterChip name={m.inventory.filters.state} value={filter.state} options={nodeState.options.map((state) => [state, m.recommendationState[state === 'not-assessed' ? 'not-evaluated' : state]])} choose={choose('state')} />
      <FilterChip name={m.inventory.filters.cause} value={filter.cause} options={notEvaluatedCause.options.map((cause) => [cause, m.overview.causeShort[cause]])} choose={choose('cause')} />
      <FilterChip name={m.inventory.filters.grade} value={filter.grade} options={grades.map((grade) => [grade, grade === 'none' ? m.noGrade : m.grade[grade]])} choose={choose('grade')} />
      <FilterChip name={m.inventory.filters.imageAge} value={filter.imageAge} options={ages.map((age) => [age, m.overview.imageAges[age]])} choose={choose('imageAge')} />
      <ScopeFilters clusters={tree.clusters} scope={scope} />
      <FilterChip name={m.inventory.filters.poolId} value={filter.poolId} options={pools} choose={choose('poolId')} />
      {isFiltered(filter) && <Button size="small" appearance="subtle" onClick={() => address.change(Object.fromEntries(names.map((name) => [name, undefined])))}>{m.list.reset}</Button>}
      <span className="grow" />
      {!isFiltered(filter) && <Legend />}
    </div>
  );
}

function Legend() {
  const m = useMessages();
  return (
    <span className="row gap12 s12 legend" role="group" aria-label={m.inventory.grades}>
      {evidenceGrade.options.map((grade) => <GradeTag key={grade} grade={grade} />)}
    </span>
  );
}
