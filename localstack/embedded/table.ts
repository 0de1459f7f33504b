import type pg from 'pg';
import { withClient } from '../../lambda/store/connection/with-client.ts';

/** Marks a moment of the table: rows that are written later are newer. */
export type TableMark = string;

/** The first transaction that has not begun. */
export async function markTable(databaseUrl: string): Promise<TableMark> {
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query('select pg_snapshot_xmax(pg_current_snapshot())::text as mark'),
  );
  return rows[0].mark;
}

/** The table does not record runs, but PostgreSQL itself keeps which transaction wrote each row. */
const IS_NEWER = 'age(xmin) between 0 and age($1::xid8::xid)';

export async function countRows(client: pg.ClientBase, mark: TableMark): Promise<{ before: number; newer: number }> {
  const { rows } = await client.query(
    `select count(*)::float8 as all, count(*) filter (where ${IS_NEWER})::float8 as newer from user_logins`,
    [mark],
  );
  const { all, newer } = rows[0];
  return { before: all - newer, newer };
}

/** Pseudonyms are cut for the eye: the first digits tell two of them apart as well as all 32 do. */
export function cut(column: string, length: number): string {
  return `case when length(${column}) > ${length} then left(${column}, ${length}) || '…' else ${column} end`;
}

/** The first rows that are newer, without create_date. */
export async function newerRows(client: pg.ClientBase, mark: TableMark): Promise<Record<string, unknown>[]> {
  const { rows } = await client.query(
    `select ${cut('user_id', 11)} as user_id, ${cut('device_type', 10)} as device_type,
            ${cut('masked_ip', 11)} as masked_ip, ${cut('masked_device_id', 11)} as masked_device_id,
            ${cut('locale', 6)} as locale, app_version
     from user_logins where ${IS_NEWER} limit 8`,
    [mark],
  );
  return rows;
}
