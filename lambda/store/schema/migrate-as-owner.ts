import { JobError } from '../../errors.ts';
import { classifyDatabaseError } from '../connection/classify-error.ts';
import type { Database } from '../connection/database.ts';
import { readOwnerPassword } from '../connection/owner-password.ts';
import { withClient } from '../connection/with-client.ts';
import { migrate } from './migrate.ts';

/** In milliseconds; shorter than a function may live, so that a deployment that waits in vain is told what for. */
const LIMITS = { lock_timeout: 60_000, statement_timeout: 600_000, query_timeout: 605_000 };

/** From then on these log in with tokens, and the owner no longer with a password. */
const LET_TOKENS_IN = `
  do $$
  begin
    if exists (select from pg_roles where rolname = 'rds_iam') then
      grant rds_iam to login_writer, login_analyst, login_maintainer, current_user;
    end if;
  end
  $$`;

export interface Migrated {
  /** Names of the migrations applied now. */
  applied: string[];
  /** How the owner logged in. */
  login: 'iam' | 'secret';
}

/**
 * Brings a database of RDS to the newest schema, and lets its roles log in with tokens. On a fresh cluster nobody can yet,
 * not even the owner: there, and only there, its password is read.
 *
 * @param database with the owner's token for a password
 * @throws JobError with the reason, which is safe to show: the migrations handle no rows
 */
export async function migrateAsOwner(database: Database, masterSecretArn: string, limits = LIMITS): Promise<Migrated> {
  const withToken = { ...database, ...limits };
  try {
    const login = (await refusesLogin(withToken)) ? 'secret' : 'iam';
    const owner = login === 'iam' ? withToken : { ...withToken, password: await readOwnerPassword(masterSecretArn) };
    const applied = await migrate(owner);
    await withClient(owner, (client) => client.query(LET_TOKENS_IN));
    return { applied, login };
  } catch (error) {
    throw classifyDatabaseError(error)
      ? new JobError(`The database was not migrated: ${reason(error as Error)}.`)
      : error;
  }
}

async function refusesLogin(database: Database): Promise<boolean> {
  try {
    return await withClient(database, async () => false);
  } catch (error) {
    if (classifyDatabaseError(error)?.code.startsWith('28')) return true;
    throw error;
  }
}

/** The first line: node-pg-migrate puts a stack into some of its messages. Where no address answers there is only a code. */
function reason(error: Error & { code?: unknown }): string {
  return error.message.split('\n')[0] || `${error.code}`;
}
