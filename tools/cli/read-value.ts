import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import type { Terminal } from './confirm.ts';
import { UserError } from './user-error.ts';

/**
 * Reads one value that does not belong on the command line, where everybody on the machine could see it.
 *
 * @param name of the value, for the prompt and for errors
 * @returns all of standard input without its last line break, or the line that was typed
 * @throws UserError if that is empty, or not UTF-8
 */
export async function readValue(name: string, { stdin, stderr }: Terminal): Promise<string> {
  if (stdin.isTTY) stderr.write(`${name}: `);
  const value = stdin.isTTY ? await typedLine(stdin) : decoded(name, await buffer(stdin));
  if (value === '') throw new UserError(`Standard input holds no ${name.toLowerCase()}.`, 2);
  return value;
}

/** As `user_id` of a login can be. */
const LONGEST_USER_ID = 128;

/** @throws UserError if it is not a user id */
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
