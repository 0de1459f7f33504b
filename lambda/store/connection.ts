import pg from 'pg';
import type { Database } from './database.ts';
import { checkKey, type KeyIdentity } from './key-check.ts';
import { isAnswerTimeout, isConnectionLost } from './retry-policy.ts';

export interface ConnectionSettings {
  database: Database;
  key: KeyIdentity;
  timeouts?: Partial<Timeouts>;
}

export interface Timeouts {
  connectMs: number;
  /** Enforced by the server. A batch of 10,000 takes about 0.1 s, so only a fault takes this long. */
  statementMs: number;
  /** The client gives up so much later than the server should have: then the network swallows what is sent. */
  graceMs: number;
  /** After so long without a statement the connection is tried before it is trusted, for at most `probeMs`. */
  idleMs: number;
  probeMs: number;
}

const TIMEOUTS: Timeouts = { connectMs: 5_000, statementMs: 20_000, graceMs: 2_000, idleMs: 30_000, probeMs: 1_000 };

export interface Connection {
  /** Runs one statement; on a connection that died while nobody looked, once more on a new one. */
  run<T>(statement: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * The one connection of a function environment. It opens with the first statement, has the mask key checked before
 * anything else passes, and is replaced within the invocation when it died while the environment was frozen.
 */
export function createConnection({ database, key, timeouts }: ConnectionSettings): Connection {
  const limits = { ...TIMEOUTS, ...timeouts };
  const pool = new pg.Pool({
    ...database,
    max: 1,
    application_name: 'login-etl',
    connectionTimeoutMillis: limits.connectMs,
    statement_timeout: limits.statementMs,
    query_timeout: limits.statementMs + limits.graceMs,
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
    keepAlive: true,
  });
  // A connection that dies while idle leaves the pool by itself, and one that dies between check-out and statement
  // fails the statement. Both also emit an error, which would end the process if nobody listened.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const lastUsed = new WeakMap<pg.PoolClient, number>();

  async function use<T>(client: pg.PoolClient, statement: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    try {
      const result = await statement(client);
      lastUsed.set(client, Date.now());
      client.release();
      return result;
    } catch (error) {
      client.release(isConnectionLost(error));
      throw error;
    }
  }

  async function run<T>(statement: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    const usedAt = lastUsed.get(client);
    if (usedAt === undefined) {
      return use(client, async () => {
        await checkKey(client, key);
        return statement(client);
      });
    }
    try {
      if (Date.now() - usedAt > limits.idleMs) await probe(client, limits.probeMs);
    } catch {
      client.release(true);
      return run(statement);
    }
    return use(client, () => statement(client)).catch((error) => {
      // Not after a timeout: the time is used up, and the statement may yet be running.
      if (!isConnectionLost(error) || isAnswerTimeout(error)) throw error;
      return run(statement);
    });
  }

  return { run, close: () => pool.end() };
}

/** `query_timeout` per statement is pg's, and missing from its types. */
async function probe(client: pg.PoolClient, timeoutMs: number): Promise<void> {
  const statement: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: timeoutMs };
  await client.query(statement);
}
