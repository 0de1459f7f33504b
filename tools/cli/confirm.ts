import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { UserError } from './user-error.ts';

export interface Terminal {
  stdin: Readable & { isTTY?: boolean };
  stderr: Writable;
}

/** @throws UserError if nobody is there to answer */
export function requireSomebody({ stdin }: Terminal): void {
  if (!stdin.isTTY) throw new UserError('There is no terminal to confirm this on: --yes skips the question.', 2);
}

/** @returns whether one of the `expected` was typed; throws if `stop` comes first */
export async function confirm(
  question: string,
  expected: readonly string[],
  { stdin, stderr, stop }: Terminal & { stop: AbortSignal },
): Promise<boolean> {
  // Not as a terminal, or readline would swallow Ctrl-C.
  const lines = createInterface({ input: stdin, terminal: false });
  stderr.write(question);
  try {
    const [answer = ''] = await Promise.race([
      once(lines, 'line', { signal: stop }),
      once(lines, 'close', { signal: stop }), // Ctrl-D
    ]);
    return expected.includes(answer.trim());
  } finally {
    if (stop.aborted) stderr.write('\n');
    lines.close();
    stdin.pause();
  }
}
