import { spawn } from 'node:child_process';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../tools/cli/user-error.ts';
import { type EventText, splitEvents } from './split-events.ts';

/** The names of standard input, which cannot be opened by path if it is a socket. */
const STDIN: readonly string[] = ['-', '/dev/stdin', '/dev/fd/0'];

/** Whether a second reading could find something else, or nothing: standard input, a pipe, a device. */
export function canBeReadOnce(path: string): boolean {
  if (STDIN.includes(path)) return true;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** As the argument of a command. */
export const FILE_HELP =
  'events of your own: JSON array or JSON Lines, gzipped or not; - is standard input (default: 100 shipped events)';

/**
 * Reads message bodies from a file: a JSON array or JSON Lines, gzipped or not.
 *
 * @param path `-` for standard input
 * @param stop ends the reading at once, even while it waits for input
 * @throws UserError when it cannot be read or is broken, with the line
 */
export async function* readEvents(path: string, stop?: AbortSignal): AsyncGenerator<EventText> {
  const name = STDIN.includes(path) ? 'standard input' : path;
  const { stream, close, failed } = openSource(path);
  stop?.addEventListener('abort', close);
  try {
    yield* splitEvents(decode(await unzip(stream)), name);
    if (await failed()) throw new UserError(`${name}: it cannot be read.`);
  } catch (error) {
    if (stop?.aborted) return;
    throw error instanceof UserError ? error : new UserError(`${name}: ${describe(error)}.`);
  } finally {
    stop?.removeEventListener('abort', close);
    // If standard input stayed open, it would keep the process alive until its writer ends.
    close();
  }
}

interface Source {
  stream: NodeJS.ReadableStream;
  close(): void;
  /** After the end: whether the input may have been cut off. */
  failed(): Promise<boolean>;
}

function openSource(path: string): Source {
  const isStdin = STDIN.includes(path);
  if (!isStdin && canBeReadOnce(path)) return openPipe(path);
  const stream = isStdin ? process.stdin : createReadStream(path);
  return { stream, close: () => void stream.destroy(), failed: async () => false };
}

/**
 * A pipe without a writer blocks whoever opens it, and a Node process with a blocked thread cannot even exit. Another
 * program can be killed while it waits.
 */
function openPipe(path: string): Source {
  const reader = spawn('cat', ['--', path], { stdio: ['inherit', 'pipe', 'ignore'] });
  const ended = new Promise<boolean>((done) => {
    reader.once('error', () => done(true)).once('close', (code) => done(code !== 0));
  });
  return { stream: reader.stdout, close: () => void reader.kill('SIGKILL'), failed: () => ended };
}

/** Reads files to their end once, so that a broken one is found before anything is sent. */
export async function countEvents(paths: readonly string[]): Promise<number> {
  let count = 0;
  for (const path of paths) for await (const _ of readEvents(path)) count++;
  return count;
}

/** Recognised by its first two bytes, not by its name. */
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
  if (code === 'EACCES') return 'you may not read it';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'this is not UTF-8 text';
  if (code.startsWith('Z_')) return 'the gzip archive is broken';
  return `it cannot be read (${code || 'unknown error'})`;
}
