import type { ClientBase } from 'pg';
import { COLUMNS, type LoginRow } from '../../batch/login-row.ts';
import type { InsertOutcome } from '../../batch/outcome.ts';
import type { PendingRows } from '../../batch/pending-rows.ts';
import type { MaskingState } from '../../masking/masking-state.ts';
import { CopyBuffer } from './copy-buffer.ts';
import { copyIn, type Payload } from './copy-in.ts';
import { inTransaction } from './in-transaction.ts';
import type { Vault, VaultWrite } from './vault.ts';

const NAMES = COLUMNS.map(({ name }) => name).join(', ');
const INTO_LOGINS = `user_logins (${NAMES}, create_date)`;

/** The ledger first: where it knows a message already, it refuses before a row is written. */
export const COPY_ALL = [
  'copy ingest_ledger (sent_at, message_id) from stdin (format binary)',
  `copy ${INTO_LOGINS} from stdin (format binary)`,
];

const ARRAYS = COLUMNS.map(({ type }, i) => `$${i + 3}::${type === 'integer' ? 'integer' : 'text'}[]`).join(', ');

/** Leaves out what the ledger knows already, and gives the ids of what was new. */
const INSERT_FRESH = `
  with incoming as (
    select *
    from unnest($1::timestamptz[], $2::uuid[], ${ARRAYS}) as t (sent_at, message_id, ${NAMES})
  ), fresh as (
    insert into ingest_ledger (sent_at, message_id)
    select sent_at, message_id from incoming
    on conflict do nothing
    returning message_id
  ), stored as (
    insert into ${INTO_LOGINS}
    select ${NAMES}, (sent_at at time zone 'UTC')::date
    from incoming
    where message_id in (select message_id from fresh)
  )
  select message_id from fresh`;

const STORED: InsertOutcome = { kind: 'stored' };
const DUPLICATE: InsertOutcome = { kind: 'duplicate' };

export interface WriteOptions {
  /** Statements that run first in the transaction that writes; none of them may give rows. */
  first?: readonly string[];
  /** The database's masking state, under which the rows are masked. */
  state?: MaskingState | undefined;
  /** Where values are sealed as well; takes a state. */
  vault?: Vault | null | undefined;
}

/**
 * Writes row and ledger entry of every message that the ledger does not know, all or none, so that neither exists
 * without the other. That all are new is the usual case and is tried first: `on conflict` doubles the ledger's cost.
 *
 * @param pending with unequal message ids, by ascending ledger key
 * @returns per row `stored` or `duplicate`, in their order
 * @throws pg's error where the server refuses; its text may quote a row
 */
export async function insertRows(
  client: ClientBase,
  pending: PendingRows,
  { first = [], state, vault }: WriteOptions = {},
): Promise<InsertOutcome[]> {
  // All rows are masked for it first, instead of while the server is at work.
  const sealing = vault && state ? vault.seal(client, pending, state) : null;
  try {
    await copyIn(client, [...first, ...COPY_ALL, ...(sealing?.statements ?? [])], payloads(pending, state));
    sealing?.committed();
    return pending.keys.map(() => STORED);
  } catch (error) {
    if (!isKnownMessage(error)) throw error;
  }
  const stored = await insertFresh(client, pending, { first, state, vault });
  return pending.keys.map(({ messageId }) => (stored.has(messageId) ? STORED : DUPLICATE));
}

/** @returns the ids of those that the ledger did not know */
async function insertFresh(
  client: ClientBase,
  pending: PendingRows,
  { first = [], state, vault }: WriteOptions,
): Promise<Set<string>> {
  let sealing: VaultWrite | null = null;
  const stored = await inTransaction(client, first, async () => {
    const rows = pending.slice(0, pending.keys.length, state);
    const { rows: fresh } = await client.query<{ message_id: string }>(INSERT_FRESH, arrays(rows));
    const ids = new Set(fresh.map((row) => row.message_id));
    // Of these alone: the others' values may have been erased since.
    const isNew = (row: number) => ids.has(pending.keys[row]?.messageId ?? '');
    if (vault && state) sealing = vault.seal(client, pending, state, isNew);
    for (const statement of sealing?.statements ?? []) await client.query(statement);
    return ids;
  });
  (sealing as VaultWrite | null)?.committed();
  return stored;
}

function isKnownMessage(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'ingest_ledger_pkey';
}

/** Enough that a chunk costs little besides its rows, and few enough that the server never waits long for one. */
const CHUNK_ROWS = 500;
/** Per row: 2 bytes, a length of 4 for each of two fields, and their 8 and 16 bytes. */
const LEDGER_ROW_BYTES = 34;
/** What a row of usual length takes: 78 of it for the pseudonyms. */
const LOGIN_ROW_BYTES = 220;

/** What `COPY_ALL` takes. */
export function payloads({ keys, slice }: PendingRows, state?: MaskingState): Payload[] {
  const chunks = (bytesPerRow: number, encode: (entries: CopyBuffer, from: number, to: number) => void): Payload =>
    // Even no rows make a chunk: the server waits for header and trailer.
    Array.from({ length: Math.max(1, Math.ceil(keys.length / CHUNK_ROWS)) }, (_, i) => () => {
      const from = i * CHUNK_ROWS;
      const to = Math.min(keys.length, from + CHUNK_ROWS);
      const entries = new CopyBuffer((to - from + 1) * bytesPerRow);
      if (from === 0) entries.header();
      encode(entries, from, to);
      if (to === keys.length) entries.trailer();
      return entries.bytes();
    });
  return [
    chunks(LEDGER_ROW_BYTES, (entries, from, to) => encodeKeys(entries, keys.slice(from, to))),
    chunks(LOGIN_ROW_BYTES, (entries, from, to) => encodeLogins(entries, slice(from, to, state))),
  ];
}

function encodeKeys(entries: CopyBuffer, keys: PendingRows['keys']): void {
  for (const { sentAt, messageId } of keys) {
    entries.startRow(2);
    entries.timestamptz(sentAt);
    entries.uuid(messageId);
  }
}

function encodeLogins(entries: CopyBuffer, rows: readonly LoginRow[]): void {
  for (const row of rows) {
    entries.startRow(COLUMNS.length + 1);
    for (const { name, type } of COLUMNS) {
      if (type === 'integer') entries.integer(row[name] as number | null);
      else entries.text(row[name] as string | null);
    }
    entries.date(row.sent_at);
  }
}

/** One per column of `incoming`. */
function arrays(rows: readonly LoginRow[]): unknown[][] {
  return [
    rows.map((row) => new Date(row.sent_at).toISOString()),
    rows.map((row) => row.message_id),
    ...COLUMNS.map(({ name }) => rows.map((row) => row[name])),
  ];
}
