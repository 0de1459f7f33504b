import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { UserError } from './user-error.ts';

/**
 * Writes a file that only its owner can read.
 *
 * @throws UserError where it is there already, or cannot be written
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
    // Half a file would be in the way of the next try.
    if (isOurs) rmSync(file);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UserError(`${file} is there already, and is not written over.`);
    throw new UserError(`${file} cannot be written (${code}).`);
  }
}
