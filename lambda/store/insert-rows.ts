import type { PoolClient } from 'pg';
import type { LoginRow } from '../batch/login-row.ts';
import type { RowOutcome } from '../batch/outcome.ts';

/**
 * Row and ledger entry in one statement, so that neither exists without the other. What the ledger knows already is
 * left out. The comparison of counts spares the look-up per row where all are fresh, which is the usual case.
 *
 * Gives the ids that were known already, so nothing at all where all are fresh.
 */
const INSERT_ROWS = {
  name: 'insert-rows',
  text: `
    with incoming as (
      select *
      from unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[])
        as t (sent_at, message_id, user_id, device_type, masked_ip, masked_device_id, locale, app_version)
    ), fresh as (
      insert into ingest_ledger (sent_at, message_id)
      select sent_at, message_id from incoming
      on conflict do nothing
      returning message_id
    ), all_fresh as (
      select count(*) = $9::bigint as yes from fresh
    ), stored as (
      insert into user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
      select user_id, device_type, masked_ip, masked_device_id, locale, app_version, (sent_at at time zone 'UTC')::date
      from incoming
      where (select yes from all_fresh) or message_id in (select message_id from fresh)
    )
    select message_id from incoming
    where not (select yes from all_fresh) and message_id not in (select message_id from fresh)`,
};

/**
 * Writes the rows whose messages the ledger does not know, all or none.
 *
 * @param rows with unequal message ids, by ascending ledger key
 * @returns per row `stored` or `duplicate`, in their order
 * @throws pg's error where the server refuses; its text may quote a row
 */
export async function insertRows(client: PoolClient, rows: readonly LoginRow[]): Promise<RowOutcome[]> {
  const known = await client.query<{ message_id: string }>({ ...INSERT_ROWS, values: [...columns(rows), rows.length] });
  const duplicates = new Set(known.rows.map((row) => row.message_id));
  return rows.map((row) => ({ kind: duplicates.has(row.messageId) ? 'duplicate' : 'stored' }));
}

function columns(rows: readonly LoginRow[]): unknown[][] {
  return [
    rows.map((row) => new Date(row.sentAt).toISOString()),
    rows.map((row) => row.messageId),
    rows.map((row) => row.userId),
    rows.map((row) => row.deviceType),
    rows.map((row) => row.maskedIp),
    rows.map((row) => row.maskedDeviceId),
    rows.map((row) => row.locale),
    rows.map((row) => row.appVersion),
  ];
}
