import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../../../tools/cli/user-error.ts';
import { freePort, requireFreePort } from '../ports.ts';
import { type Binaries, copyBinaries, findBinaries } from './binaries.ts';
import { type RunOptions, runProgram } from './run-program.ts';
import { type Account, isReachable, OPEN_FOLDER, openFolderFor, serverAccount } from './server-account.ts';

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
  /** The URL of the owner and superuser, with its password. */
  url: string;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Configuration for `postgres -c`. */
  settings?: Readonly<Record<string, string>>;
  /** npm package of another release. */
  packageName?: string;
  /** A fixed one. */
  port?: number | undefined;
}

/** Where the server's files are, and how its programs are run. */
interface Home {
  home: string;
  data: string;
  as: RunOptions;
}

/**
 * Starts a real PostgreSQL on a port of the loopback interface, with its data below `folder`. A server that a
 * killed run left behind on the same data is stopped first, so the caller must be the folder's only user.
 *
 * @throws UserError when it cannot start here, with the reason
 */
export async function startPostgres(folder: string, options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const account = serverAccount();
  const path = postgresHome(folder);
  const home: Home = { home: path, data: join(path, 'data'), as: { ...account, cwd: '/' } };
  const { data, as } = home;
  requireOwner(data, account);
  const { pgCtl, initdb } = reachableBinaries(await findBinaries(options.packageName), account);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(initdb, home);
  await runProgram(pgCtl, ['stop', '-w', '-m', 'fast', '-D', data], as).catch(() => {}); // fails if none is running
  if (options.port !== undefined) await requireFreePort(options.port, '--port');
  const port = await start(pgCtl, home, options);
  return {
    url: urlOf(path, port),
    async stop() {
      await runProgram(pgCtl, ['stop', '-w', '-m', 'fast', '-D', data], as);
    },
  };
}

/** Whether there is a database in the folder; also true if this user may not look. */
export function mayHoldDatabase(folder: string): boolean {
  try {
    return statSync(join(postgresHome(folder), 'data'), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/**
 * The server that a run which is up has started on this folder, or a killed one left behind.
 *
 * @returns its URL; null if none was started
 */
export function runningServerUrl(folder: string): string | null {
  const home = postgresHome(folder);
  try {
    // The fourth line is the port (PostgreSQL's src/include/utils/pidfile.h).
    const port = Number(readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')[3]);
    return Number.isInteger(port) && port > 0 ? urlOf(home, port) : null;
  } catch {
    return null;
  }
}

/** PostgreSQL starts only as the owner of its data, and would say so in its log alone. */
function requireOwner(data: string, { uid = process.getuid?.() }: Account): void {
  const owner = statSync(data, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || uid === undefined || owner === uid) return;
  throw new UserError(
    `The database in ${data} belongs to another user: run this as that user, or name another --data.`,
  );
}

function urlOf(home: string, port: number): string {
  return `postgres://${OWNER}:${readFileSync(join(home, 'password'), 'utf8')}@127.0.0.1:${port}/postgres`;
}

/** Where the server's files are: below the folder, unless the server's account cannot reach that. */
export function postgresHome(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const home = join(resolve(folder), 'postgres');
  if (process.getuid?.() !== 0 || isReachable(home)) return home;
  return openFolderFor(home);
}

/** Empties the folder of its database, wherever that is. No server may be running on it. */
export function removePostgres(folder: string): void {
  rmSync(postgresHome(folder), { recursive: true, force: true });
}

function reachableBinaries(binaries: Binaries, account: Account): Binaries {
  return account.uid !== undefined && !isReachable(binaries.initdb) ? copyBinaries(binaries, OPEN_FOLDER) : binaries;
}

/** Makes it in a folder beside, which is renamed when it is whole: a killed initdb leaves nothing that looks like a database. */
async function initialise(initdb: string, { home, data, as }: Home): Promise<void> {
  const half = `${data}.new`;
  const passwordFile = join(home, 'password');
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  writeFileSync(passwordFile, randomBytes(16).toString('base64url'), { mode: 0o600 });
  const { uid, gid } = as;
  if (uid !== undefined && gid !== undefined) for (const path of [home, half, passwordFile]) chownSync(path, uid, gid);
  const access = ['-U', OWNER, '-A', 'scram-sha-256', '--pwfile', passwordFile];
  try {
    await runProgram(initdb, ['-D', half, '-E', 'UTF8', '--locale=C', '--no-sync', ...access], as);
  } catch (error) {
    throw new UserError(`PostgreSQL cannot make its files in ${home}: ${(error as Error).message}`);
  }
  renameSync(half, data);
}

async function start(pgCtl: string, { home, data, as }: Home, options: PostgresOptions): Promise<number> {
  const log = join(home, 'server.log');
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const all = { ...SETTINGS, port, ...options.settings };
    const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
    try {
      await runProgram(pgCtl, ['start', '-w', '-s', '-D', data, '-l', log, '-o', flags.join(' ')], as);
      return port;
    } catch {
      if (attempt < START_ATTEMPTS) continue;
      const lastLine = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').at(-1) : 'it left no log';
      throw new UserError(`PostgreSQL did not start: ${lastLine} (whole log: ${log})`);
    }
  }
}
