import type { ClientBase } from 'pg';

/** A value of the vault with its batch. */
export interface SealedRow {
  /** `2026-11` */
  month: string;
  field: number;
  kid: number;
  /** 32 hex digits. */
  digits: string;
  /** One text for each batch. */
  batch: string;
  seq: number;
  sealed: Buffer;
  keyName: string;
  wrapped: Buffer;
}

/** Month by month, as the key goes. The newest first. */
const SEALED = `
  select to_char(month, 'YYYY-MM') as month, field, kid, replace(pseudonym::text, '-', '') as digits,
         month || ' ' || batch_id as batch, seq, sealed, key_name as "keyName", wrapped
  from (select distinct month from vault_batches) as months
  join vault using (month) join vault_batches using (month, batch_id)
  where pseudonym = any ($1::uuid[])
  order by vault.month desc`;

export async function findSealed(client: ClientBase, digits: readonly string[]): Promise<SealedRow[]> {
  return (await client.query<SealedRow>(SEALED, [digits])).rows;
}

/** @returns the key id that the newest values are under; null where the vault is empty */
export async function newestKid(client: ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ kid: number }>(
    'select kid from vault where month = (select max(month) from vault) limit 1',
  );
  return rows[0] ? `k${rows[0].kid}` : null;
}

/** Superusers may everything, and are not named. Where the schema is hidden from the role, only ours can be said. */
const MAY_OPEN = `
  select string_agg(rolname, ', ' order by rolname) as names
  from pg_roles
  where rolname !~ '^pg_' and not rolsuper
    and has_column_privilege(oid, to_regclass('vault'), 'sealed', 'select')
    and has_column_privilege(oid, to_regclass('recover_audit'), 'reason', 'insert')`;

/** @returns the roles that may, separated by commas */
export async function whoMayOpen(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ names: string | null }>(MAY_OPEN).catch(() => ({ rows: [] }));
  return [rows[0]?.names ?? 'login_recoverer', "the database's owner"].join(' and ');
}
