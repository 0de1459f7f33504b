import type { ClientBase } from 'pg';
import type { Canonical, Masker } from '../../masking/masker.ts';
import type { MaskingState } from '../../masking/masking-state.ts';
import { isOldValue, OLD_COLUMNS, type OldColumn, oldHash } from './old-values.ts';

export interface Adopted {
  /** Hashes that were made pseudonyms. */
  adopted: number;
  /** Placeholders and their hashes, which were made null. */
  emptied: number;
}

export interface Pages {
  /** Or partition; as SQL. */
  table: string;
  /** Both of the table's 8 kB pages; `to` is the first after them. */
  from: number;
  to: number;
  masker: Masker;
  state: MaskingState;
}

interface StoredRow {
  ctid: string;
  masked_ip: string | null;
  masked_device_id: string | null;
}

const IS_OLD = OLD_COLUMNS.map(({ name }, i) => isOldValue(name, `$${i + 3}::text[]`)).join(' or ');

/** Runs in the open transaction. What it writes goes to other pages or is not a hash, so no row comes up twice. */
export async function adoptPages(client: ClientBase, { table, from, to, masker, state }: Pages): Promise<Adopted> {
  const { rows } = await client.query<StoredRow>(
    `select ctid::text, masked_ip, masked_device_id from only ${table}
     where ctid >= $1::tid and ctid < $2::tid and (${IS_OLD})`,
    [`(${from},0)`, `(${to},0)`, ...OLD_COLUMNS.map(({ noValue }) => [...noValue])],
  );
  if (rows.length === 0) return { adopted: 0, emptied: 0 };
  const columns = OLD_COLUMNS.map((column) => replacements(rows, column, masker, state));
  await client.query(
    `update only ${table} as logins set masked_ip = new_ip, masked_device_id = new_device_id
     from unnest($1::tid[], $2::text[], $3::text[], $4::text[], $5::text[])
       as adopted (ctid, old_ip, new_ip, old_device_id, new_device_id)
     where logins.ctid = adopted.ctid
       and masked_ip is not distinct from old_ip and masked_device_id is not distinct from old_device_id`,
    [rows.map(({ ctid }) => ctid), ...columns.flatMap(({ old, now }) => [old, now])],
  );
  const sum = (of: (column: Replacements) => number) => columns.reduce((total, column) => total + of(column), 0);
  return { adopted: sum(({ adopted }) => adopted), emptied: sum(({ emptied }) => emptied) };
}

interface Replacements extends Adopted {
  old: (string | null)[];
  now: (string | null)[];
}

function replacements(
  rows: readonly StoredRow[],
  column: OldColumn,
  masker: Masker,
  state: MaskingState,
): Replacements {
  const old = rows.map((row) => row[column.name]);
  const hashes = old.map((value) => (value === null ? undefined : oldHash(value, column)));
  const masked = masker.mask(
    hashes.map((text): Canonical | null => (text == null ? null : { key: column.key, text })),
    state,
  );
  return {
    old,
    now: old.map((value, i) => (hashes[i] === undefined ? value : (masked[i] ?? null))),
    adopted: hashes.filter((text) => typeof text === 'string').length,
    emptied: hashes.filter((text) => text === null).length,
  };
}
