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
  'grant rds_iam to login_writer, login_analyst, login_maintainer, login_rekeyer, login_recoverer, login_eraser';

/**
 * Brings a database of RDS to the newest schema, and lets its roles log in with tokens.
 *
 * @param database as its owner, who logs in with a token since the cluster was made
 * @param patience with a database that is waking or whose name has no address yet
 * @returns the names of the migrations applied now
 * @throws JobError with the reason, which is safe to show: the migrations handle no rows
 */
export async function migrateAsOwner(database: DatabaseConfig, patience: Patience, limits = LIMITS): Promise<string[]> {
  try {
    return await keepTrying(() => runAsOwner(database, limits), patience);
  } catch (error) {
    throw classifyDatabaseError(error)
      ? new JobError(`The database was not migrated: ${reason(error as Error)}.`)
      : error;
  }
}

async function runAsOwner(owner: DatabaseConfig, limits: SessionLimits): Promise<string[]> {
  const applied = await migrate(owner, limits);
  await withSession(owner, limits, (client) => client.query(LET_TOKENS_IN));
  return applied;
}

/** The first line: node-pg-migrate puts a stack into some of its messages. Where no address answers there is only a code. */
function reason(error: Error & { code?: unknown }): string {
  return error.message.split('\n')[0] || `${error.code}`;
}
