import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../user-error.ts';
import { type Binaries, copyBinaries, findBinaries } from './binaries.ts';
import { type Account, isReachable, OPEN_FOLDER, openFolderFor, serverAccount } from './server-account.ts';

const run = promisify(execFile);
const OWNER = 'postgres';
/** Another process may take the free port between the look and the start. */
const START_ATTEMPTS = 3;

/** Loopback only; and a refused row must not reach the server's log, as statement or as detail of the error. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  jit: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

export interface EmbeddedPostgres {
  /** Of the owner and superuser, with its password. */
  url: string;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Configuration for `postgres -c`. */
  settings?: Readonly<Record<string, string>>;
  /** npm package of another release. */
  packageName?: string;
}

/**
 * Starts a real PostgreSQL on a free port of the loopback interface, with its data below `folder`. A server that a
 * killed run left behind on the same data is stopped first, so the caller must be the folder's only user.
 *
 * @throws UserError when it cannot start here, with the reason
 */
export async function startPostgres(folder: string, options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const account = serverAccount();
  const home = postgresHome(folder);
  const { pgCtl, initdb } = reachableBinaries(await findBinaries(options.packageName), account);
  const data = join(home, 'data');
  const as = { ...account, cwd: '/' };
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise({ initdb, home, data, account });
  await run(pgCtl, ['stop', '-w', '-m', 'fast', '-D', data], as).catch(() => {}); // fails where none is running
  const port = await start(pgCtl, data, home, options.settings ?? {}, as);
  const password = readFileSync(join(home, 'password'), 'utf8');
  return {
    url: `postgres://${OWNER}:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      await run(pgCtl, ['stop', '-w', '-m', 'fast', '-D', data], as);
    },
  };
}

/** Where the server's files are: below the folder, unless the server's account cannot reach that. */
export function postgresHome(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const home = join(resolve(folder), 'postgres');
  if (process.getuid?.() !== 0 || isReachable(home)) return home;
  return openFolderFor(home);
}

function reachableBinaries(binaries: Binaries, account: Account): Binaries {
  return 'uid' in account && !isReachable(binaries.initdb) ? copyBinaries(binaries, OPEN_FOLDER) : binaries;
}

/** In a folder beside, which is renamed when it is whole: a killed initdb leaves nothing that looks like a database. */
async function initialise(at: { initdb: string; home: string; data: string; account: Account }): Promise<void> {
  const half = `${at.data}.new`;
  const passwordFile = join(at.home, 'password');
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  writeFileSync(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  if ('uid' in at.account)
    for (const path of [at.home, half, passwordFile]) chownSync(path, at.account.uid, at.account.gid);
  const options = [
    '-U',
    OWNER,
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await run(at.initdb, ['-D', half, ...options], { ...at.account, cwd: '/' });
  renameSync(half, at.data);
}

async function start(
  pgCtl: string,
  data: string,
  home: string,
  settings: Readonly<Record<string, string>>,
  as: { cwd: string },
): Promise<number> {
  const log = join(home, 'server.log');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const all = { ...SETTINGS, port, ...settings };
    const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
    try {
      await run(pgCtl, ['start', '-w', '-s', '-D', data, '-l', log, '-o', flags.join(' ')], as);
      return port;
    } catch {
      if (attempt < START_ATTEMPTS) continue;
      const lastLine = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').at(-1) : 'it left no log';
      throw new UserError(`PostgreSQL did not start: ${lastLine} (whole log: ${log})`);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? done(address.port) : fail(new Error('no port'))));
    });
  });
}
