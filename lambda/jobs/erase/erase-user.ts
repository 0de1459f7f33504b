import type { ClientBase } from 'pg';
import { deleteEmptyBatches, inErasure, requireNoRotation } from './erasure.ts';

export interface UserErased {
  rows: number;
  /** Of the vault: those of months in which nobody else has them. */
  values: number;
}

const ERASE_ROWS = `
  with gone as (
    delete from user_logins where user_id = $1
    returning date_trunc('month', create_date)::date as month, masked_ip, masked_device_id
  ), candidates as (
    select distinct month, masked,
           case when masked ~ '^k[1-9][0-9]*t?_[0-9a-f]+$' and right(masked, 33) like '\\_%' then right(masked, 32)::uuid end as pseudonym
    from gone cross join lateral (values (masked_ip), (masked_device_id)) as pseudonyms (masked)
  ), erased as (
    delete from vault using candidates
    where vault.month = candidates.month and vault.pseudonym = candidates.pseudonym
      and not exists (
        select from user_logins as others
        where others.masked_ip = candidates.masked and others.user_id is distinct from $1
          and others.create_date >= candidates.month and others.create_date < candidates.month + interval '1 month')
      and not exists (
        select from user_logins as others
        where others.masked_device_id = candidates.masked and others.user_id is distinct from $1
          and others.create_date >= candidates.month and others.create_date < candidates.month + interval '1 month')
    returning vault.month
  )
  select (select count(*) from gone)::integer as rows, (select count(*) from erased)::integer as values,
         array(select distinct month::text from erased) as months`;

/**
 * Erases one person: all rows, and what is sealed of them and of nobody else. All of it or nothing.
 *
 * @param client as login_eraser or the owner
 * @returns no rows where there are none
 * @throws JobError while the layer key is rotated
 */
export async function eraseUser(client: ClientBase, userId: string): Promise<UserErased> {
  await requireNoRotation(client);
  // Without a lock: where nothing is found no writer has to wait, and else the table is in memory when they do.
  const { rows: known } = await client.query('select from user_logins where user_id = $1 limit 1', [userId]);
  if (known.length === 0) return { rows: 0, values: 0 };
  return inErasure(client, async () => {
    const { rows } = await client.query<UserErased & { months: string[] }>(ERASE_ROWS, [userId]);
    const { months, ...erased } = rows[0] as UserErased & { months: string[] };
    // In the same transaction, since the next run would find no row that leads to them.
    await deleteEmptyBatches(client, months);
    return erased;
  });
}
