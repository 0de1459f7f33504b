import { randomUUID } from 'node:crypto';
import { writeIsolating } from '../../lambda/batch/isolate.ts';
import type { LoginRow } from '../../lambda/batch/login-row.ts';
import type { RowOutcome } from '../../lambda/batch/outcome.ts';
import { FIELD_NAMES, FIELDS } from '../../lambda/message/fields/fields.ts';
import type { Store } from '../../lambda/store/store.ts';
import { pending } from './pending.ts';

/** As a batch does: an outage is the outcome of its rows, not a throw. */
export function writeRows(store: Store, rows: readonly LoginRow[], deadline?: number): Promise<RowOutcome[]> {
  return writeIsolating(rows.length, {
    insert: (from, to) => store.insert(pending(rows.slice(from, to)), deadline),
    classify: store.classify,
  });
}

/** Of a new message: null wherever Postgres takes that. */
export function loginRow(): LoginRow {
  const columns = FIELD_NAMES.map((name) => [FIELDS[name].column, FIELDS[name].nullable ? null : 'user']);
  return { message_id: randomUUID(), sent_at: Date.now(), ...Object.fromEntries(columns) };
}
