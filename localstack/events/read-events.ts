import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../tools/cli/user-error.ts';
import { type EventText, splitEvents } from './split-events.ts';

/** Stands for standard input, which can be read only once. */
export const STDIN = '-';

/** As the argument of a command. */
export const FILE_HELP =
  'events of your own: JSON array or JSON Lines, gzipped or not; - is standard input (default: 100 shipped events)';

/**
 * Reads message bodies from a file: a JSON array or JSON Lines, gzipped or not.
 *
 * @param path `-` for standard input
 * @param stop ends the reading at once, even where it waits for input
 * @throws UserError when it cannot be read or is broken, with the line
 */
export async function* readEvents(path: string, stop?: AbortSignal): AsyncGenerator<EventText> {
  const name = path === STDIN ? 'standard input' : path;
  const source = path === STDIN ? process.stdin : createReadStream(path);
  const close = () => void source.destroy();
  stop?.addEventListener('abort', close);
  try {
    yield* splitEvents(decode(await unzip(source)), name);
  } catch (error) {
    if (stop?.aborted) return;
    throw error instanceof UserError ? error : new UserError(`${name}: ${describe(error)}.`);
  } finally {
    stop?.removeEventListener('abort', close);
    // An open standard input would keep the process alive until its writer ends.
    close();
  }
}

/** Reads files to their end once before anything is sent, so that a broken one costs nothing. */
export async function countEvents(paths: readonly string[]): Promise<number> {
  let count = 0;
  for (const path of paths) for await (const _ of readEvents(path)) count++;
  return count;
}

/** Told by its first two bytes, not by its name. */
async function unzip(source: NodeJS.ReadableStream): Promise<AsyncIterable<Uint8Array>> {
  const bytes = (source as AsyncIterable<Buffer> & NodeJS.ReadableStream)[Symbol.asyncIterator]();
  const first = await bytes.next();
  if (first.done) return (async function* () {})();
  async function* whole() {
    yield first.value as Buffer;
    for (let next = await bytes.next(); !next.done; next = await bytes.next()) yield next.value;
  }
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
  // The error of a broken archive comes out of the loop that reads it.
  return isGzip ? pipeline(whole, createGunzip(), () => {}) : whole();
}

async function* decode(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function describe(error: unknown): string {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'this is a folder';
  if (code === 'EACCES') return 'it may not be read';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'this is no UTF-8 text';
  if (code.startsWith('Z_')) return 'the gzip archive is broken';
  return `it cannot be read (${code || 'unknown error'})`;
}
