import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { UserError } from './user-error.ts';

/**
 * Writes a file that only its owner can read.
 *
 * @throws UserError if it exists already, or cannot be written
 */
export function writeNewFile(file: string, content: string): void {
  const opened = openNewFile(file);
  try {
    writeFileSync(opened, content);
  } catch (error) {
    // Half a file would get in the way of the next try.
    rmSync(file);
    throw cannotBeWritten(file, error);
  } finally {
    closeSync(opened);
  }
}

/**
 * Creates a file that only its owner can read.
 *
 * @returns its descriptor
 * @throws UserError if it exists already, or cannot be created
 */
export function openNewFile(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? existsAlready(file) : cannotBeWritten(file, error);
  }
}

/** What a command says instead of overwriting a file. */
export function existsAlready(file: string, exitCode?: number): UserError {
  return new UserError(`${file} exists already and will not be overwritten.`, exitCode);
}

function cannotBeWritten(file: string, error: unknown): UserError {
  return new UserError(`${file} cannot be written (${(error as NodeJS.ErrnoException).code}).`);
}
