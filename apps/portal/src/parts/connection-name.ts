import type { Connection } from '@nodeward/api';
import type { Messages } from '../i18n/messages.ts';

/** The sample fleet has no name that anybody gave it: it is called in the reader's language. */
export function connectionName(m: Messages, { kind, name }: Pick<Connection, 'kind' | 'name'>): string {
  return kind === 'sample' ? m.connectionKind.sample : name;
}
