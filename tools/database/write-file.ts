import { randomBytes } from 'node:crypto';
import { closeSync, createWriteStream, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '../cli/make-folder.ts';
import { UserError } from '../cli/user-error.ts';

/**
 * Writes a file that only its owner can read, and replaces one that exists. A partial file never has this name.
 *
 * @returns its absolute path
 * @throws UserError if it cannot be written; passes on what `content` throws
 */
export async function writePrivateFile(file: string, content: Readable): Promise<string> {
  const path = resolve(file);
  const half = halfOf(path);
  try {
    await pipeline(content, createWriteStream(half, { flags: 'wx', mode: 0o600 }));
    renameSync(half, path);
    return path;
  } catch (error) {
    if (existsSync(half)) rmSync(half);
    throw explained(path, error);
  }
}

/**
 * Tries whether a file can be written, before work that would be lost if it could not. It leaves nothing behind but the
 * file's folder.
 *
 * @throws UserError if it cannot be written
 */
export function requireWritable(file: string): void {
  const path = resolve(file);
  const half = halfOf(path);
  try {
    closeSync(openSync(half, 'wx', 0o600));
    rmSync(half);
  } catch (error) {
    throw explained(path, error);
  }
}

/** @returns a new name beside it, in a folder that exists */
function halfOf(path: string): string {
  // Renaming over a device would take it away from the whole machine.
  if (typeOf(path)?.isFile() === false) throw new UserError(`${path} is not a file that can be replaced.`);
  makeFolder(dirname(path), { name: `The folder ${dirname(path)}` });
  return `${path}.${randomBytes(4).toString('hex')}`;
}

function typeOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw explained(path, error);
  }
}

function explained(path: string, error: unknown): unknown {
  const { syscall, code } = error as NodeJS.ErrnoException;
  if (!syscall || !['open', 'write', 'stat', 'rename'].includes(syscall)) return error;
  return new UserError(`${path} cannot be written (${code}).`);
}
