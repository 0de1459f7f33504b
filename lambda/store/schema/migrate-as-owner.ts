import { JobError } from '../../errors.ts';
import { classifyDatabaseError } from '../connection/classify-error.ts';
import type { DatabaseConfig } from '../connection/database.ts';
import { keepTrying, type Patience } from '../connection/keep-trying.ts';
import { type SessionLimits, withSession } from '../connection/with-session.ts';
import { migrate } from './migrate.ts';

/** Milliseconds. Shorter than a function may live, so that a deployment that waits in vain is told what it waited for. */
const LIMITS = { lock_timeout: 60_000, statement_timeout: 600_000, query_timeout: 605_000 };

/** RDS takes a token for a password from members of `rds_iam`, and nothing else from them. */
const LET_TOKENS_IN =
  'grant rds_iam to login_writer, login_analyst, login_maintainer, login_rekeyer, login_adopter, login_recoverer, login_eraser';

/** Whether the maintenance is to erase rows by their age is a setting of the stage, which may change either way. */
const ALLOW_ERASURE = 'grant login_eraser to login_maintainer';
/** Only if it was granted: the server warns about a revoke that takes nothing away. */
const FORBID_ERASURE = `
  do $$ begin
    if exists (select from pg_auth_members where roleid = 'login_eraser'::regrole and member = 'login_maintainer'::regrole)
    then revoke login_eraser from login_maintainer; end if;
  end $$`;

export interface MigrateOptions {
  /** A database that is waking, or whose name has no address yet, is waited for. */
  patience: Patience;
  /** Whether the maintenance may erase what is old. */
  erasesByAge: boolean;
  limits?: typeof LIMITS;
}

/**
 * Brings a database of RDS to the newest schema, and lets its roles log in with tokens.
 *
 * @param database as its owner, who logs in with a token since the cluster was made
 * @returns the names of the migrations applied now
 * @throws JobError with the reason, which is safe to show: the migrations handle no rows
 */
export async function migrateAsOwner(
  database: DatabaseConfig,
  { patience, erasesByAge, limits = LIMITS }: MigrateOptions,
): Promise<string[]> {
  try {
    return await keepTrying(() => runAsOwner(database, erasesByAge, limits), patience);
  } catch (error) {
    throw classifyDatabaseError(error)
      ? new JobError(`The database was not migrated: ${reason(error as Error)}.`)
      : error;
  }
}

async function runAsOwner(owner: DatabaseConfig, erasesByAge: boolean, limits: SessionLimits): Promise<string[]> {
  const applied = await migrate(owner, limits);
  await withSession(owner, limits, async (client) => {
    await client.query(LET_TOKENS_IN);
    await client.query(erasesByAge ? ALLOW_ERASURE : FORBID_ERASURE);
  });
  return applied;
}

/** The first line: node-pg-migrate puts a stack into some of its messages. Where no address answers there is only a code. */
function reason(error: Error & { code?: unknown }): string {
  return error.message.split('\n')[0] || `${error.code}`;
}
