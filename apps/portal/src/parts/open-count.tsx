import type { Recommendation } from '@nodeward/api';
import type { Messages } from '../i18n/messages.ts';
import { useMessages } from '../preferences.tsx';

/**
 * Whether a figure can be given at all: nothing found on the nodes that were read says nothing about
 * those that were not, so a pool that is not evaluated has "unknown" where others have zero.
 */
export const isCountUnknown = ({ state, openVulnerabilities }: Recommendation): boolean =>
  openVulnerabilities === null || (state === 'not-evaluated' && openVulnerabilities === 0);

/** Open CVEs in words: exact, a lower bound where nodes are missing, or unknown. */
export function openCountText(m: Messages, row: Recommendation): string {
  if (row.openVulnerabilities === null || isCountUnknown(row)) return m.unit.unknown;
  return `${row.notAssessedNodes > 0 ? '≥ ' : ''}${m.unit.number(row.openVulnerabilities)}`;
}

export function OpenCount({ row }: { readonly row: Recommendation }) {
  const text = openCountText(useMessages(), row);
  return isCountUnknown(row) ? <span className="unk">{text}</span> : <b style={{ display: 'inline-block', minWidth: 34 }}>{text}</b>;
}
