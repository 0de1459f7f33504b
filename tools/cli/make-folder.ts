import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from './user-error.ts';

/**
 * Creates a folder, and those above it.
 *
 * @param mode of each folder that is created
 * @throws UserError if one cannot be created
 */
export function makeFolder(path: string, { mode, name = path }: { mode?: number; name?: string } = {}): void {
  try {
    makeAll(path, mode);
  } catch (error) {
    throw new UserError(`${name} cannot be created (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Node's own `recursive` never returns below /proc, where nothing can be created. */
function makeAll(path: string, mode: number | undefined): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  // What is there and is not a folder makes the call below fail, with a code that says so.
  if (!statSync(parent, { throwIfNoEntry: false })) makeAll(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
