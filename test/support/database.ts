import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { ROLE_PASSWORD, TEMPLATE } from './postgres-server.ts';

export interface TestDatabase {
  /** The owner's. */
  url: string;
  writerUrl: string;
  analystUrl: string;
  maintainerUrl: string;
  rekeyerUrl: string;
  adopterUrl: string;
  recovererUrl: string;
  eraserUrl: string;
  /** Runs SQL as the owner. */
  query<T extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>;
}

/** The test's own database, dropped when the test ends unless it failed: then the end of the run says how to open it. */
export async function createDatabase(from?: 'migrated' | 'empty', options?: string): Promise<TestDatabase> {
  const database = await openDatabase(from, options);
  onTestFinished(({ task }) => (task.result?.state === 'fail' ? database.keep(task.fullName) : database.drop()));
  return database;
}

export interface OpenDatabase extends TestDatabase {
  /** Disconnects whatever is still connected: function environments never end by themselves. */
  drop(): Promise<void>;
  /** @param test whose database it was */
  keep(test: string): Promise<void>;
}

/**
 * For tests that share one; what `beforeAll` returns ends it: `drop`.
 *
 * @param from the schema as migrated, or nothing at all
 */
export async function openDatabase(from: 'migrated' | 'empty' = 'migrated', options = ''): Promise<OpenDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = from === 'migrated' ? TEMPLATE : 'template0';
  await onServer(`create database ${name} template ${template} ${options}`);
  const url = urlFor(name);
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return {
    async drop() {
      await client.end().catch(() => {});
      await onServer(`drop database ${name} with (force)`);
    },
    async keep(test) {
      await client.query(`comment on database ${name} is ${client.escapeLiteral(test)}`).catch(() => {});
      await client.end().catch(() => {});
    },
    url,
    writerUrl: urlFor(name, 'login_writer'),
    analystUrl: urlFor(name, 'login_analyst'),
    maintainerUrl: urlFor(name, 'login_maintainer'),
    rekeyerUrl: urlFor(name, 'login_rekeyer'),
    adopterUrl: urlFor(name, 'login_adopter'),
    recovererUrl: urlFor(name, 'login_recoverer'),
    eraserUrl: urlFor(name, 'login_eraser'),
    query: async (sql, values) => (await client.query(sql, values as unknown[])).rows,
  };
}

export async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Waits until `sessions` sessions of the database of `url` wait for a lock. */
export async function untilWaiting(
  sessions: number,
  url: string,
  query: (sql: string) => Promise<unknown>,
): Promise<void> {
  const database = new URL(url).pathname.slice(1);
  const waiting = `do $$ begin
    while (select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = '${database}') < ${sessions} loop
      perform pg_sleep(0.01), pg_stat_clear_snapshot();
    end loop;
  end $$`;
  await query(waiting);
}

/** A client that the test need not close. */
export async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

function urlFor(database: string, role?: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = database;
  if (role) {
    url.username = role;
    url.password = ROLE_PASSWORD;
  }
  return url.href;
}
