import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { UserError } from './user-error.ts';

/**
 * Writes a file that only its owner can read.
 *
 * @throws UserError if it exists already, or cannot be written
 */
export function writeNewFile(file: string, content: string): void {
  let isOurs = false;
  try {
    const opened = openSync(file, 'wx', 0o600);
    isOurs = true;
    try {
      writeFileSync(opened, content);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    // Half a file would get in the way of the next try.
    if (isOurs) rmSync(file);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UserError(`${file} exists already and will not be overwritten.`);
    throw new UserError(`${file} cannot be written (${code}).`);
  }
}
