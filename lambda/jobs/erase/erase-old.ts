import type { ClientBase } from 'pg';
import { deleteEmptyBatches, inErasure, requireNoRotation } from './erasure.ts';

/** Small enough that each transaction is over in a moment. */
const CHUNK = 10_000;

/**
 * Erases what is sealed of months, and closes them: what comes late for one is not sealed any more. In chunks beside the
 * writers; wherever it is killed, the next run goes on there.
 *
 * @param months their first days, `2026-11-01`
 * @returns how many values
 * @throws JobError while the layer key is rotated
 */
export async function eraseMonths(client: ClientBase, months: readonly string[]): Promise<number> {
  if (months.length === 0) return 0;
  await requireNoRotation(client);
  // Whoever is writing at this moment does not know yet that the months are closed.
  await inErasure(client, () =>
    client.query('insert into vault_closed_months select unnest($1::date[]) on conflict do nothing', [months]),
  );
  const values = await inChunks(() =>
    client.query(
      `delete from vault
       where (month, pseudonym) in (select month, pseudonym from vault where month = any ($1::date[]) limit ${CHUNK})`,
      [months],
    ),
  );
  await client.query('delete from vault_batches where month = any ($1::date[])', [months]);
  return values;
}

export interface OldErased {
  rows: number;
  values: number;
  /** Months of the vault that were closed, `2026-11`. */
  months: string[];
}

/**
 * Erases rows that are older than a day, and what is sealed of nothing younger.
 *
 * @param client as login_eraser or the owner
 * @param day `2026-11-25`, which stays
 * @throws JobError while the layer key is rotated
 */
export async function eraseBefore(client: ClientBase, day: string): Promise<OldErased> {
  await requireNoRotation(client);
  const rows = await inChunks(() =>
    client.query(
      `delete from user_logins
       where create_date < $1::date
         and ctid = any (array(select ctid from user_logins where create_date < $1::date limit ${CHUNK}))`,
      [day],
    ),
  );
  const { rows: past } = await client.query<{ month: string }>(
    `select distinct month::text from vault_batches where month + interval '1 month' <= $1::date order by 1`,
    [day],
  );
  const months = past.map(({ month }) => month);
  const values = (await eraseMonths(client, months)) + (await eraseInMonthOf(client, day));
  return { rows, values, months: months.map((month) => month.slice(0, -3)) };
}

/** What is sealed in the month that the day is in, and belongs to no row that is left. */
const NOT_IN_MONTH = `
  delete from vault
  where month = date_trunc('month', $1::date)::date
    and not exists (
      select from user_logins
      where right(masked_ip, 32) = replace(pseudonym::text, '-', '')
        and create_date >= month and create_date < month + interval '1 month')
    and not exists (
      select from user_logins
      where right(masked_device_id, 32) = replace(pseudonym::text, '-', '')
        and create_date >= month and create_date < month + interval '1 month')`;

async function eraseInMonthOf(client: ClientBase, day: string): Promise<number> {
  const month = `${day.slice(0, -2)}01`;
  const { rows } = await client.query('select from vault where month = $1::date limit 1', [month]);
  if (rows.length === 0 || day === month) return 0;
  return inErasure(client, async () => {
    const { rowCount } = await client.query(NOT_IN_MONTH, [day]);
    await deleteEmptyBatches(client, [month]);
    return rowCount ?? 0;
  });
}

async function inChunks(deleteChunk: () => Promise<{ rowCount: number | null }>): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await deleteChunk();
    if (!rowCount) return deleted;
    deleted += rowCount;
  }
}
