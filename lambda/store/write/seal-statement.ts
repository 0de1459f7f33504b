import type { Sealed } from '../../masking/vault/seal.ts';

/** A value that is not known to be sealed. */
export interface IncomingValue {
  field: number;
  kid: number;
  /** 32 hex digits. */
  digits: string;
}

/**
 * The statement that writes one sealed batch of a month: of its values those that the vault does not have, and the batch
 * only where it has any. It stands in a simple query, which has no parameters; all of it is digits. A temporary table to copy
 * into would cost 1.3 ms of the server and 15 kB of log each time, however small the batch.
 *
 * @param month its first day, `2026-11-01`
 * @param values as they were sealed, in their order
 */
export function sealStatement(month: string, values: readonly IncomingValue[], sealed: Sealed): string {
  const list = (items: readonly (string | number)[]) => `'{${items.join(',')}}'`;
  const bytes = Buffer.concat(sealed.values.map((value) => value.bytes));
  return `
    with batch as materialized (
      select nextval('vault_batch_id') as id
    ), stored as (
      insert into vault (month, field, kid, pseudonym, batch_id, seq, sealed)
      select date '${month}', field, kid, pseudonym, batch.id, seq,
             substring(decode('${bytes.toString('hex')}', 'hex') from seq * 16 + 1 for length)
      from batch, unnest(
        ${list(values.map(({ field }) => field))}::smallint[], ${list(values.map(({ kid }) => kid))}::smallint[],
        ${list(values.map(({ digits }) => digits))}::uuid[], ${list(sealed.values.map(({ seq }) => seq))}::integer[],
        ${list(sealed.values.map((value) => value.bytes.length))}::integer[]) as incoming (field, kid, pseudonym, seq, length)
      where not exists (select from vault_closed_months where month = date '${month}')
      order by pseudonym
      on conflict do nothing
      returning 1
    )
    insert into vault_batches (month, batch_id, key_name, wrapped)
    select date '${month}', id, '${sealed.keyName}', decode('${sealed.wrapped.toString('hex')}', 'hex')
    from batch
    where exists (select from stored)`;
}
