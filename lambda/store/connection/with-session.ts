import type pg from 'pg';
import { JobError } from '../../errors.ts';
import { isComingUp, isTimeout } from './classify-error.ts';
import { type DatabaseConfig, toDatabaseConfig } from './database.ts';
import { serverProcess, toldProcess } from './server-process.ts';
import { withClient } from './with-client.ts';

/** Milliseconds, under pg's own names. The client's `query_timeout` ends what the server's limits cannot. */
export interface SessionLimits {
  lock_timeout?: number;
  statement_timeout?: number;
  query_timeout?: number;
}

/**
 * Opens a connection whose whole session is its own, and closes it however the work ends. A job holds a lock of the
 * session over several transactions: where a connection pooler gives each transaction the server connection that is
 * free, such a lock stays on one that nobody will ever unlock, and the next migration waits in vain.
 *
 * @param limits of the session. Not in the startup message, which a pooler would refuse
 * @throws JobError where the transactions of one session run on several server connections
 */
export async function withSession<T>(
  database: string | DatabaseConfig,
  { query_timeout, ...settings }: SessionLimits,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withClient(withTimeout(database, query_timeout), async (client) => {
    await requireOwnSession(client, database);
    for (const [name, ms] of Object.entries(settings)) await client.query(`set ${name} = ${Number(ms)}`);
    return work(client);
  });
}

async function requireOwnSession(client: pg.Client, database: string | DatabaseConfig): Promise<void> {
  const first = await serverProcess(client);
  const isSame = first === (await serverProcess(client));
  // A pooler tells its clients a number of its own.
  if (isSame && first === toldProcess(client)) return;
  if (isSame && !(await isShared(client, first, database))) return;
  throw new JobError(
    'The database is behind a connection pooler in transaction mode, where a lock could be left behind on a connection ' +
      'of the pool. Connect to the server itself, or to a pool in session mode.',
  );
}

/** A second client has to be able to get hold of a server connection within this. */
const SECOND_CLIENT_MS = 2_000;

/**
 * Alone, a client gets the same server connection in every transaction, pooled or not. So another one opens a
 * transaction: in transaction mode it gets the server connection of the first, or the first has to take another one.
 */
async function isShared(client: pg.Client, first: number, database: string | DatabaseConfig): Promise<boolean> {
  try {
    const isTaken = await withClient(withTimeout(database, SECOND_CLIENT_MS), async (other) => {
      await other.query('begin');
      return (await serverProcess(other)) === first || (await serverProcess(client)) !== first;
    });
    if (isTaken) return true;
  } catch (error) {
    // None is left for a second client, as where a pool in session mode is full.
    if (!isTimeout(error) && !isComingUp(error)) throw error;
  }
  return (await serverProcess(client)) !== first || (await serverProcess(client)) !== first;
}

function withTimeout(database: string | DatabaseConfig, queryTimeoutMs: number | undefined): DatabaseConfig {
  const config = toDatabaseConfig(database);
  return queryTimeoutMs === undefined ? config : { ...config, query_timeout: queryTimeoutMs };
}
