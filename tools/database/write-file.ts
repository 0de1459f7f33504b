import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../cli/user-error.ts';

/**
 * Writes a file that only its owner can read, in place of one that is there; half a file never has its name.
 *
 * @returns its absolute path
 * @throws UserError where it cannot be written; what `content` throws as it is
 */
export async function writePrivateFile(file: string, content: Readable): Promise<string> {
  const path = resolve(file);
  // Renaming over a device would take it away from the whole machine.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new UserError(`${path} is not a file that can be replaced.`);
  }
  const half = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(content, createWriteStream(half, { flags: 'wx', mode: 0o600 }));
    renameSync(half, path);
    return path;
  } catch (error) {
    if (existsSync(half)) rmSync(half);
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (!syscall || !['open', 'write', 'mkdir', 'rename'].includes(syscall)) throw error;
    throw new UserError(`${path} cannot be written (${code}).`);
  }
}
