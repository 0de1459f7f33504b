import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAccount } from '../../../localstack/embedded/postgres/server-account.ts';

export type PoolMode = 'session' | 'transaction';

export interface PgBouncer {
  /** The URL that it was started for, through the pooler. */
  url: string;
  stop(): Promise<void>;
}

export interface PgBouncerOptions {
  mode: PoolMode;
  /** Server connections per database and role. */
  poolSize: number;
  /** Further lines of its configuration. */
  settings?: Readonly<Record<string, string | number>>;
}

/** Debian's PgBouncer as it comes, in front of one server, for the role and password of `url`. */
export async function startPgBouncer(url: string, options: PgBouncerOptions): Promise<PgBouncer> {
  const { username, password, hostname, port } = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-pgbouncer-'));
  chmodSync(folder, 0o755);
  const ownPort = await freePort();
  const users = join(folder, 'users.txt');
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`);
  writeFileSync(config, configuration(options, { server: `host=${hostname} port=${port}`, ownPort, users }));
  // As root it refuses to run. What it logs is left to it: a pipe that nobody reads would stop it one day.
  const child = spawn('pgbouncer', ['-q', config], { ...serverAccount(), cwd: '/', stdio: 'ignore' });
  const ended = once(child, 'exit');
  await untilListening(ownPort, () => child.exitCode);
  return {
    url: Object.assign(new URL(url), { port: `${ownPort}` }).href,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Places {
  server: string;
  ownPort: number;
  users: string;
}

function configuration({ mode, poolSize, settings }: PgBouncerOptions, { server, ownPort, users }: Places): string {
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: ownPort,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: mode,
    default_pool_size: poolSize,
    // Of 15 s: how soon it asks again for a server that was not there.
    server_login_retry: 1,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  return ['[databases]', `* = ${server}`, '[pgbouncer]', ...lines, ''].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function untilListening(port: number, exitCode: () => number | null): Promise<void> {
  for (const startedAt = performance.now(); ; await sleep(20)) {
    const socket = connect(port, '127.0.0.1');
    const isListening = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isListening) return;
    if (exitCode() !== null) throw new Error(`pgbouncer ended with exit code ${exitCode()}`);
    if (performance.now() - startedAt > 20_000) throw new Error('pgbouncer does not listen');
  }
}
