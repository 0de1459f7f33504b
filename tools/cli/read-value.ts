import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import type { Terminal } from './confirm.ts';
import { UserError } from './user-error.ts';

/**
 * Reads one value that must not stand on the command line, where everybody on the machine could see it.
 *
 * @param name of the value, for whoever types it and for what is said of it
 * @returns all of standard input without the line's end, or the line that is typed
 * @throws UserError where that is nothing, or not UTF-8
 */
export async function readValue(name: string, { stdin, stderr }: Terminal): Promise<string> {
  if (stdin.isTTY) stderr.write(`${name}: `);
  const value = stdin.isTTY ? await typedLine(stdin) : decoded(name, await buffer(stdin));
  if (value === '') throw new UserError(`Standard input holds no ${name.toLowerCase()}.`, 2);
  return value;
}

/** As `user_id` of a login can be. */
const LONGEST_USER_ID = 128;

/** @throws UserError where it is no user id */
export async function readUserId(line: Terminal): Promise<string> {
  const id = await readValue('User id', line);
  if ([...id].length <= LONGEST_USER_ID && !id.includes('\0')) return id;
  throw new UserError(`A user id has at most ${LONGEST_USER_ID} characters, and none of them is U+0000.`, 2);
}

async function typedLine(stdin: Terminal['stdin']): Promise<string> {
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    const [line = ''] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    return line;
  } finally {
    lines.close();
    stdin.pause();
  }
}

function decoded(name: string, bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.replace(/\r?\n$/, '');
  } catch {
    throw new UserError(`The ${name.toLowerCase()} on standard input is not UTF-8.`, 2);
  }
}
