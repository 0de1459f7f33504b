import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../../tools/cli/make-folder.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { PUBLIC_FILE } from '../../tools/keys/vault.ts';
import { removePostgres } from './postgres/embedded-postgres.ts';

/** The same folder wherever a command is called from. */
export const DATA_FOLDER = join(fileURLToPath(new URL('../..', import.meta.url)), '.login-etl');

/** What is kept between runs: the database, the mask keys that go with it, and the function's log. */
export interface DataFolder {
  path: string;
  logFile: string;
  /** Made at random by the first run that asks, readable by their owner alone: the root key, and k1's layer key. */
  maskKey(): string;
  maskLayerKey(): string;
  /** The public half of the vault's key: the file that holds it, or will. */
  vaultPublicFile: string;
  emptyDatabase(): void;
  /** Lets the next run in; so does the end of the process, however it ends. */
  release(): void;
}

/** A run that was killed a moment ago may still be going down. */
const LOCK_WAIT_MS = 2_000;

/** Another run has the folder. */
export class FolderInUseError extends UserError {}

/**
 * Takes the folder for this process alone.
 *
 * @throws FolderInUseError when another run has it
 */
export function openDataFolder(folder: string): DataFolder {
  if (folder === '') throw new UserError('--data needs the name of a folder.', 2);
  const path = resolve(folder);
  makeFolder(path, { name: `The data folder ${path}` });
  const lock = lockFolder(path);
  return {
    path,
    logFile: join(path, 'function.log'),
    maskKey: () => readOrMakeKey(join(path, 'mask-key')),
    maskLayerKey: () => readOrMakeKey(join(path, 'mask-layer-key')),
    vaultPublicFile: join(path, PUBLIC_FILE),
    emptyDatabase: () => removePostgres(path),
    release: () => lock.close(),
  };
}

/** An open SQLite transaction is a lock that the kernel takes back from a dead process; Node has no other. */
function lockFolder(path: string): DatabaseSync {
  try {
    // SQLite would lock another user's file as well.
    accessSync(path, constants.W_OK);
    const lock = new DatabaseSync(join(path, 'lock'), { timeout: LOCK_WAIT_MS });
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    const isBusy = (error as { errcode?: number }).errcode === 5;
    if (!isBusy) throw new UserError(`The data folder ${path} cannot be written.`);
    throw new FolderInUseError(
      `Another run is using ${path}: stop it first, or give this one a folder of its own with --data.`,
    );
  }
}

function readOrMakeKey(file: string): string {
  try {
    return readKey(file) ?? makeKey(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`The mask key ${file} cannot be read or created (${code}): you must own it and its folder.`);
  }
}

function readKey(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

function makeKey(file: string): string {
  const key = `hex:${randomBytes(32).toString('hex')}`;
  const half = `${file}.new`;
  rmSync(half, { force: true });
  writeFileSync(half, `${key}\n`, { mode: 0o600, flush: true });
  renameSync(half, file);
  return key;
}
