import type { ClientBase } from 'pg';
import { JobError } from '../../errors.ts';
import type { Masker } from '../../masking/masker.ts';
import type { MaskingState } from '../../masking/masking-state.ts';
import type { DatabaseConfig } from '../../store/connection/database.ts';
import { joinRowByRow } from '../../store/connection/join-row-by-row.ts';
import { checkKeys } from '../../store/connection/key-check.ts';
import { withSession } from '../../store/connection/with-session.ts';
import { inTransaction } from '../../store/write/in-transaction.ts';
import { isStateChange, maskGuard, readMaskingState } from '../../store/write/mask-guard.ts';
import { readPseudonyms, type WrongValues } from '../audit/read-values.ts';
import { type Adopted, adoptPages } from './adopt-pages.ts';
import { isOldValue, OLD_COLUMNS } from './old-values.ts';

export interface AdoptOptions {
  /** Of the function with MASK_ADOPTED, for its checks and key ids. */
  masker: Masker;
  /** The same keys, for what is a hash already. */
  hashMasker: Masker;
  /** Called once with the number of values to adopt, then with that of each chunk. */
  progress: { total(values: number): void; done(values: number): void };
  stop: AbortSignal;
}

export interface AdoptResult extends Adopted {
  /** `other scheme`: rows of the function that were written without MASK_ADOPTED are there, which cannot be joined. */
  outcome: 'done' | 'other scheme' | 'stopped';
  /** Values that are not pseudonyms: hashes that have arrived meanwhile, and what was never a hash. */
  left: WrongValues[];
  /** Rows with an app_version below 1.0.0, as scripts write that store 230 for 2.3.0. They stay as they are. */
  lowVersions: number;
}

/** After the last one an old script must still be writing. */
const PASSES = 3;
/** 8 kB each: some twenty thousand rows, in a transaction of a second. */
const PAGES = 512;

/**
 * Makes pseudonyms of the SHA-256 hashes that another program has written, in committed chunks, so that logins to come join
 * the old ones. Wherever it is killed, the next run goes on there.
 *
 * @param database as login_adopter or, where it has partitions, as the owner; not behind a pooler in transaction mode
 * @throws KeyMismatchError where a key is not the one of its id, JobError where the table cannot be adopted, with a sentence
 */
export function adopt(database: string | DatabaseConfig, options: AdoptOptions): Promise<AdoptResult> {
  return withSession(database, {}, (client) => adoptOn(client, options));
}

async function adoptOn(client: ClientBase, options: AdoptOptions): Promise<AdoptResult> {
  const { masker, progress, stop } = options;
  if (await hasOtherScheme(client))
    return { outcome: 'other scheme', adopted: 0, emptied: 0, ...(await whatIsLeft(client)) };
  await requireNullable(client);
  await checkKeys(client, masker.checks);
  const state = await readMaskingState(client, masker.kids);
  if (state.nextKid !== null) throw new JobError('A rotation is open: finish it with rekey, then run this again.');
  await joinRowByRow(client);
  const sum: Adopted = { adopted: 0, emptied: 0 };
  let old = await countOld(client);
  progress.total(old);
  try {
    for (let pass = 1; pass <= PASSES && old > 0; pass++) {
      await adoptAll(client, state, options, sum);
      old = await countOld(client);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
    return { outcome: 'stopped', ...sum, ...(await whatIsLeft(client)) };
  }
  return { outcome: 'done', ...sum, ...(await whatIsLeft(client)) };
}

async function adoptAll(client: ClientBase, state: MaskingState, options: AdoptOptions, sum: Adopted): Promise<void> {
  const { hashMasker, progress, stop } = options;
  for (const { table, pages } of await readTables(client)) {
    for (let from = 0; from < pages; from += PAGES) {
      stop.throwIfAborted();
      const { adopted, emptied } = await guarded(client, state, () =>
        adoptPages(client, { table, from, to: from + PAGES, masker: hashMasker, state }),
      );
      sum.adopted += adopted;
      sum.emptied += emptied;
      progress.done(adopted + emptied);
    }
  }
}

/** A function may be writing already, and a rotation may begin: what is written here is guarded as its rows are. */
async function guarded<T>(client: ClientBase, state: MaskingState, work: () => Promise<T>): Promise<T> {
  try {
    return await inTransaction(client, maskGuard(state), work);
  } catch (error) {
    if (!isStateChange(error)) throw error;
    throw new JobError('A rotation or an erasure has begun meanwhile: let it finish, then run this again to go on.');
  }
}

/** Keys of the other scheme, or pseudonyms of a database that has no keys: somebody has emptied the table of them. */
async function hasOtherScheme(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>(`select name from mask_keys where name in ('root', 'sha256')`);
  if (rows.length > 0) return rows.some(({ name }) => name === 'root');
  const found = await client.query(
    `select from user_logins where ${OLD_COLUMNS.map(({ name }) => `${name} ~ '^k[1-9][0-9]*t?_[0-9a-f]+$'`).join(' or ')} limit 1`,
  );
  return found.rows.length > 0;
}

/** Where there was no value there is null from now on, also in logins to come. */
async function requireNullable(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select attname::text as name from pg_attribute
     where attrelid = 'user_logins'::regclass and attnotnull and attname = any ($1)`,
    [OLD_COLUMNS.map(({ name }) => name)],
  );
  if (rows.length === 0) return;
  const drops = rows.map(({ name }) => `alter column ${name} drop not null`);
  throw new JobError(
    `Logins without an ip or device id are stored with null, which this table does not take. As the owner, run "alter table user_logins ${drops.join(', ')}".`,
  );
}

async function readTables(client: ClientBase): Promise<{ table: string; pages: number }[]> {
  const { rows } = await client.query<{ table: string; pages: number }>(`
    with recursive logins as (
      select 'user_logins'::regclass::oid as oid
      union all
      select inhrelid from pg_inherits join logins on inhparent = logins.oid
    )
    select oid::regclass::text as "table",
           (pg_relation_size(oid) / current_setting('block_size')::integer)::float8 as pages
    from logins join pg_class using (oid) where relkind = 'r'`);
  return rows;
}

async function countOld(client: ClientBase): Promise<number> {
  const counts = OLD_COLUMNS.map(({ name }, i) => `count(*) filter (where ${isOldValue(name, `$${i + 1}::text[]`)})`);
  const { rows } = await client.query<{ count: string }>(
    `select ${counts.join(' + ')} as count from user_logins`,
    OLD_COLUMNS.map(({ noValue }) => [...noValue]),
  );
  return Number(rows[0]?.count);
}

async function whatIsLeft(client: ClientBase): Promise<Pick<AdoptResult, 'left' | 'lowVersions'>> {
  const { wrong } = await readPseudonyms(client);
  const { rows } = await client.query<{ count: string }>(
    'select count(*) from user_logins where app_version < 1000000',
  );
  return { left: wrong, lowVersions: Number(rows[0]?.count) };
}
