import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../../lambda/store/migrate.ts';
import { postgresHome, removePostgres, startPostgres } from '../../../localstack/postgres/embedded-postgres.ts';

export interface KillablePostgres {
  /** Of the writer. */
  writerUrl: string;
  /** As superuser, on a connection of its own; waits for a server that is coming up. */
  query<T extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>;
  /** A client of the superuser or another role, which the caller ends. */
  connect(role?: string): Promise<pg.Client>;
  /** Ends all its processes at once, as when the machine dies. */
  kill(): Promise<void>;
  /** Ends one process that serves the function: the server then ends the others by itself, and recovers. */
  killBackend(): Promise<void>;
  /** After `kill`, on the same port and data. */
  restart(): Promise<void>;
  /** What the server wrote into its log. */
  log(): string;
  stop(): Promise<void>;
}

const WRITER_PASSWORD = 'for-tests-only';
const PATIENCE_MS = 30_000;
/** A killed process keeps its pages in the kernel, so that only the end of the machine would need fsync. */
const SETTINGS = { fsync: 'off', max_connections: '60', log_min_duration_statement: '-1' };

/** A database with the schema in it, which is copied for each run: that takes a tenth of the time of a new one. */
export async function makeTemplate(): Promise<string> {
  const folder = openFolder();
  const server = await startPostgres(folder, { settings: SETTINGS });
  await migrate(server.url);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  for (const role of ['login_writer', 'login_analyst'])
    await client.query(`alter role ${role} password '${WRITER_PASSWORD}'`);
  await client.end();
  await server.stop();
  return folder;
}

export function removeTemplate(folder: string): void {
  removePostgres(folder);
  rmSync(folder, { recursive: true, force: true });
}

/** @param settings for `postgres -c` */
export async function startKillablePostgres(
  template: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<KillablePostgres> {
  const folder = openFolder();
  const home = postgresHome(folder);
  execFileSync('cp', ['-a', `${postgresHome(template)}/.`, home]);
  let server = await startPostgres(folder, { settings: { ...SETTINGS, ...settings } });
  const { url } = server;
  const { port } = new URL(url);
  const pidFile = join(home, 'data', 'postmaster.pid');
  const urlOf = (role?: string) =>
    role ? Object.assign(new URL(url), { username: role, password: WRITER_PASSWORD }).href : url;

  async function connect(role?: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: urlOf(role) });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async function query<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    const client = await connectPatiently(connect);
    try {
      return (await client.query<T>(sql, values)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  return {
    writerUrl: urlOf('login_writer'),
    query,
    connect,
    kill: () => killAll(pidFile),
    async killBackend() {
      const [backend] = await query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = 'login-etl' order by state = 'active' desc limit 1",
      );
      if (backend) signal(backend.pid, 'SIGKILL');
    },
    async restart() {
      server = await startPostgres(folder, { settings: { ...SETTINGS, ...settings, port } });
    },
    log: () => readFileSync(join(home, 'server.log'), 'utf8'),
    async stop() {
      await server.stop().catch(() => {});
      removeTemplate(folder);
    },
  };
}

/** Where the server's account can reach it; `mkdtemp` makes folders for their owner alone. */
function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-faults-'));
  chmodSync(folder, 0o755);
  return folder;
}

async function connectPatiently(connect: () => Promise<pg.Client>): Promise<pg.Client> {
  for (const startedAt = performance.now(); ; await sleep(50)) {
    try {
      return await connect();
    } catch (error) {
      if (performance.now() - startedAt > PATIENCE_MS) throw error;
    }
  }
}

/** The postmaster is stopped first, so that it starts no child behind the list. */
async function killAll(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  signal(postmaster, 'SIGSTOP');
  const pids = [
    ...processes()
      .filter(({ parent }) => parent === postmaster)
      .map(({ pid }) => pid),
    postmaster,
  ];
  for (const pid of pids) signal(pid, 'SIGKILL');
  while (processes().some(({ pid, state }) => pids.includes(pid) && !state.startsWith('Z'))) await sleep(5);
  // Where nobody collects the dead, pg_ctl would take the postmaster for one that lives.
  rmSync(pidFile, { force: true });
}

function processes(): { pid: number; parent: number; state: string }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state };
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
