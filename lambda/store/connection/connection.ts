import pg from 'pg';
import type { KeyCheck } from '../../masking/masker.ts';
import { isConnectionLost, isTimeout } from './classify-error.ts';
import type { Database } from './database.ts';
import { APPLICATION, beginSession } from './session.ts';

export interface ConnectionSettings {
  database: Database;
  keyChecks: readonly KeyCheck[];
  timeouts?: Partial<Timeouts>;
}

export interface Timeouts {
  connectMs: number;
  /** Enforced by the server, where the statement says so. A batch of 10,000 takes about 0.1 s, so only a fault takes this long. */
  statementMs: number;
  /** The client gives up so much later than the server should have: then the network swallows what is sent. */
  graceMs: number;
  /** After so long without a statement the connection is tried before it is trusted, for at most `probeMs`. */
  idleMs: number;
  probeMs: number;
}

export const TIMEOUTS: Timeouts = {
  connectMs: 5_000,
  statementMs: 20_000,
  graceMs: 2_000,
  idleMs: 30_000,
  probeMs: 1_000,
};

export type Statement<T> = (client: pg.PoolClient) => Promise<T>;

export interface Connection {
  /**
   * Runs one statement; on a connection that died while nobody looked, once more on a new one.
   *
   * @param deadline on the clock of `performance.now`; then the connection is cut. Whether the server still does the
   *   work is not known, and the ledger makes it no matter
   */
  run<T>(statement: Statement<T>, deadline?: number): Promise<T>;
  close(): Promise<void>;
}

/**
 * The one connection of a function environment. It opens with the first statement, has the mask keys checked before
 * anything else passes, and is replaced within the invocation when it died while the environment was frozen.
 */
export function createConnection({ database, keyChecks, timeouts }: ConnectionSettings): Connection {
  const limits = { ...TIMEOUTS, ...timeouts };
  const pool = openPool(database, limits);
  /** Only of clients whose session has begun. */
  const lastUsed = new WeakMap<pg.PoolClient, number>();

  async function checkOut(deadline: number): Promise<pg.PoolClient> {
    // To open one takes time that must not be the function's last.
    if (isOver(pool.totalCount === 0 ? deadline - limits.connectMs : deadline)) throw outOfTime();
    return pool.connect();
  }

  async function useAndRelease<T>(client: pg.PoolClient, statement: Statement<T>, deadline: number): Promise<T> {
    const timer = cutAt(client, deadline);
    try {
      if (!lastUsed.has(client)) await beginSession(client, keyChecks, limits.statementMs + 2 * limits.graceMs);
      lastUsed.set(client, Date.now());
      const result = await statement(client);
      lastUsed.set(client, Date.now());
      client.release();
      return result;
    } catch (error) {
      client.release(isConnectionLost(error));
      throw isOver(deadline) ? outOfTime() : error;
    } finally {
      clearTimeout(timer);
    }
  }

  async function hasDiedIdle(client: pg.PoolClient): Promise<boolean> {
    if (Date.now() - (lastUsed.get(client) ?? 0) <= limits.idleMs) return false;
    return probe(client, limits.probeMs).then(
      () => false,
      () => true,
    );
  }

  return {
    async run(statement, deadline = Number.POSITIVE_INFINITY) {
      const client = await checkOut(deadline);
      if (!lastUsed.has(client)) return useAndRelease(client, statement, deadline);
      if (await hasDiedIdle(client)) {
        client.release(true);
      } else {
        try {
          return await useAndRelease(client, statement, deadline);
        } catch (error) {
          // Not after a timeout: the time is used up, and the statement may yet be running.
          if (!isConnectionLost(error) || isTimeout(error)) throw error;
        }
      }
      return useAndRelease(await checkOut(deadline), statement, deadline);
    },
    close: () => pool.end(),
  };
}

/**
 * A pool of one, which opens its connection with the first statement. Nothing goes into the startup message that a
 * connection pooler would refuse, as PgBouncer does `statement_timeout` (08P01).
 */
function openPool(database: Database, { connectMs, statementMs, graceMs }: Timeouts): pg.Pool {
  const pool = new pg.Pool({
    ...database,
    max: 1,
    application_name: APPLICATION,
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs + graceMs,
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
    keepAlive: true,
  });
  // A connection that dies while idle leaves the pool by itself, and one that dies between check-out and statement
  // fails the statement. Both also emit an error, which would end the process if nobody listened.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** `query_timeout` per statement is pg's, and missing from its types. */
async function probe(client: pg.PoolClient, timeoutMs: number): Promise<void> {
  const statement: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: timeoutMs };
  await client.query(statement);
}

/** pg breaks off the statement of a connection that is ended; its types know the method of plain clients alone. */
function cutAt(client: pg.PoolClient, deadline: number): NodeJS.Timeout | undefined {
  if (deadline === Number.POSITIVE_INFINITY) return undefined;
  return setTimeout(
    () => void (client as pg.PoolClient & pg.Client).end().catch(() => {}),
    deadline - performance.now(),
  );
}

function isOver(deadline: number): boolean {
  return performance.now() >= deadline;
}

/** Like an error of the system, so that it is classified as the outage that it is for what is not yet written. */
function outOfTime(): Error {
  return Object.assign(new Error('the function has no time left'), { code: 'OUT_OF_TIME' });
}
