import type { ClientBase, QueryConfig } from 'pg';
// Not from 'pg', which would bring a pool and a driver in C: a tenth of the bundle.
import Client from 'pg/lib/client.js';
import type { KeyCheck } from '../../masking/masker.ts';
import { isConnectionLost, isTimeout } from './classify-error.ts';
import type { DatabaseConfig } from './database.ts';
import { APPLICATION, beginSession } from './session.ts';

export interface ConnectionSettings {
  database: DatabaseConfig;
  keyChecks: readonly KeyCheck[];
  timeouts?: Partial<Timeouts>;
}

export interface Timeouts {
  connectMs: number;
  /** Enforced by the server, where the statement says so. A batch of 10,000 takes about 0.1 s, so only a fault takes this long. */
  statementMs: number;
  /** The client gives up so much later than the server should have: then the network swallows what is sent. */
  graceMs: number;
  /** After this long without a statement the connection is tried before it is trusted, for at most `probeMs`. */
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

export type Statement<T> = (client: ClientBase) => Promise<T>;

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
  let open: OpenClient | undefined;

  function forget(client: Client): void {
    if (open?.client === client) open = undefined;
  }

  async function connect(deadline: number): Promise<OpenClient> {
    // To open one takes time that must not be the function's last.
    if (isOver(deadline - limits.connectMs)) throw outOfTime();
    const client = createClient(database, limits);
    client.on('end', () => forget(client));
    await client.connect();
    open = { client, usedAt: null };
    return open;
  }

  async function runOn<T>(opened: OpenClient, statement: Statement<T>, deadline: number): Promise<T> {
    const { client } = opened;
    const timer = cutAt(client, deadline);
    client.ref();
    try {
      if (opened.usedAt === null) await beginSession(client, keyChecks, limits.statementMs + 2 * limits.graceMs);
      opened.usedAt = Date.now();
      const result = await statement(client);
      opened.usedAt = Date.now();
      return result;
    } catch (error) {
      if (isConnectionLost(error)) discard(client);
      throw isOver(deadline) ? outOfTime() : error;
    } finally {
      clearTimeout(timer);
      // An idle connection must not keep the process alive.
      client.unref();
    }
  }

  function discard(client: Client): void {
    forget(client);
    client.end().catch(() => {});
  }

  async function hasDiedIdle({ client, usedAt }: OpenClient): Promise<boolean> {
    if (usedAt === null || Date.now() - usedAt <= limits.idleMs) return false;
    client.ref();
    return probe(client, limits.probeMs).then(
      () => false,
      () => true,
    );
  }

  async function runNow<T>(statement: Statement<T>, deadline: number): Promise<T> {
    if (isOver(deadline)) throw outOfTime();
    const reused = open;
    if (!reused || reused.usedAt === null) return runOn(reused ?? (await connect(deadline)), statement, deadline);
    if (await hasDiedIdle(reused)) {
      discard(reused.client);
    } else {
      try {
        return await runOn(reused, statement, deadline);
      } catch (error) {
        // Not after a timeout: the time is used up, and the statement may yet be running.
        if (!isConnectionLost(error) || isTimeout(error)) throw error;
      }
    }
    return runOn(await connect(deadline), statement, deadline);
  }

  /** One after another, on the one connection. */
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(statement, deadline = Number.POSITIVE_INFINITY) {
      const result = last.then(() => runNow(statement, deadline));
      last = result.catch(() => {});
      return result;
    },
    async close() {
      await last;
      await open?.client.end();
    },
  };
}

interface OpenClient {
  client: Client;
  /** null: its session has yet to begin. */
  usedAt: number | null;
}

/** Nothing goes into the startup message that a connection pooler would refuse, as PgBouncer does `statement_timeout`. */
function createClient(database: DatabaseConfig, { connectMs, statementMs, graceMs }: Timeouts): Client {
  const client = new Client({
    ...database,
    application_name: APPLICATION,
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs + graceMs,
    keepAlive: true,
  });
  // A connection that dies fails its statement and also emits an error, which would end the process.
  client.on('error', () => {});
  return client;
}

/** `query_timeout` per statement is pg's, and missing from its types. */
async function probe(client: ClientBase, timeoutMs: number): Promise<void> {
  const statement: QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: timeoutMs };
  await client.query(statement);
}

/** pg breaks off the statement of a connection that is ended. */
function cutAt(client: Client, deadline: number): NodeJS.Timeout | undefined {
  if (deadline === Number.POSITIVE_INFINITY) return undefined;
  return setTimeout(() => void client.end().catch(() => {}), deadline - performance.now());
}

function isOver(deadline: number): boolean {
  return performance.now() >= deadline;
}

/** Looks like a system error, so that it counts as an outage for what is not yet written. */
function outOfTime(): Error {
  return Object.assign(new Error('the function has no time left'), { code: 'OUT_OF_TIME' });
}
