import type { ConnectionDraft, DraftFault } from './connection-draft.ts';

export interface DraftFieldsProps {
  readonly draft: ConnectionDraft;
  readonly faults: readonly DraftFault[];
  readonly change: (changes: Partial<ConnectionDraft>) => void;
}

/** What Fluent's `Field` shows under an input whose value cannot be sent. */
export function faultProps(faults: readonly DraftFault[], field: DraftFault['field'], text: string): { readonly validationMessage?: string } {
  return faults.some((fault) => fault.field === field) ? { validationMessage: text } : {};
}
