import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
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
  // Renaming over a device would take it away from the whole machine.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new UserError(`${path} is not a file that can be replaced.`);
  }
  const half = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    makeFolder(dirname(path), { name: `The folder ${dirname(path)}` });
    await pipeline(content, createWriteStream(half, { flags: 'wx', mode: 0o600 }));
    renameSync(half, path);
    return path;
  } catch (error) {
    if (existsSync(half)) rmSync(half);
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (!syscall || !['open', 'write', 'rename'].includes(syscall)) throw error;
    throw new UserError(`${path} cannot be written (${code}).`);
  }
}
