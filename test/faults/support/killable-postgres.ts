import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { APPLICATION } from '../../../lambda/store/connection/session.ts';
import { postgresHome, startPostgres } from '../../../localstack/embedded/postgres/embedded-postgres.ts';
import { killWithChildren, signal } from './kill-processes.ts';
import { openFolder, ROLE_PASSWORD, removeDatabase, SERVER_SETTINGS } from './template.ts';

export interface KillablePostgres {
  /** Of the writer. */
  writerUrl: string;
  /** As superuser, on a connection of its own; waits for a server that is coming up. */
  query<T extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>;
  /** A client of the superuser or another role, which the caller ends. */
  connect(role?: string): Promise<pg.Client>;
  /** Ends all its processes at once, as when the machine dies. */
  kill(): Promise<void>;
  /** Ends one process that serves the function. The server ends all others and recovers; returns when it has. */
  killBackend(): Promise<void>;
  /** After `kill`, on the same port and data. */
  restart(): Promise<void>;
  /** What the server wrote into its log. */
  log(): string;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;
const A_BACKEND = `select pid from pg_stat_activity where application_name = '${APPLICATION}'
  order by state = 'active' desc limit 1`;

/** @param settings for `postgres -c` */
export async function startKillablePostgres(
  template: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<KillablePostgres> {
  const folder = openFolder();
  const home = postgresHome(folder);
  execFileSync('cp', ['-a', `${postgresHome(template)}/.`, home]);
  const start = (port?: string) =>
    startPostgres(folder, { settings: { ...SERVER_SETTINGS, ...settings, ...(port !== undefined && { port }) } });
  let server = await start();
  const { url } = server;
  const urlOf = (role: string) => Object.assign(new URL(url), { username: role, password: ROLE_PASSWORD }).href;
  const query: KillablePostgres['query'] = (sql, values) => queryOnce(url, sql, values);
  return {
    writerUrl: urlOf('login_writer'),
    query,
    connect: (role) => connect(role === undefined ? url : urlOf(role)),
    kill: () => killServer(join(home, 'data', 'postmaster.pid')),
    killBackend: () => killBackend(url),
    async restart() {
      server = await start(new URL(url).port);
    },
    log: () => readFileSync(join(home, 'server.log'), 'utf8'),
    async stop() {
      await server.stop().catch(() => {});
      removeDatabase(folder);
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function connectPatiently(url: string): Promise<pg.Client> {
  for (const startedAt = performance.now(); ; await sleep(50)) {
    try {
      return await connect(url);
    } catch (error) {
      if (performance.now() - startedAt > PATIENCE_MS) throw error;
    }
  }
}

async function queryOnce<T extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = await connectPatiently(url);
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

async function killBackend(url: string): Promise<void> {
  const bystander = await connectPatiently(url);
  const [backend] = (await bystander.query<{ pid: number }>(A_BACKEND)).rows;
  if (backend) {
    const ended = new Promise((resolve) => bystander.once('end', resolve));
    signal(backend.pid, 'SIGKILL');
    // A backend that ended by itself first takes nobody with it.
    await Promise.race([ended, sleep(PATIENCE_MS, undefined, { ref: false })]);
  }
  await bystander.end().catch(() => {});
  await queryOnce(url, 'select');
}

async function killServer(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  await killWithChildren(Number(readFileSync(pidFile, 'utf8').split('\n')[0]));
  // Where nobody collects the dead, pg_ctl would take the postmaster for one that lives.
  rmSync(pidFile, { force: true });
}
