import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from './user-error.ts';

/** Writes a stream to standard output, which stays open. A reader that has gone, such as `head`, has all it wanted. */
export async function writeTo(out: Writable, content: Readable): Promise<void> {
  try {
    await pipeline(content, out, { end: false });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return;
    throw syscall === 'write' ? new UserError(`Standard output cannot be written (${code}).`) : error;
  }
}
