import type { Readable, Writable } from 'node:stream';
import { onInterrupt } from './interrupt.ts';

/** What a program runs in: the process, or a test. */
export interface CommandContext {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable;
  /**
   * Takes over Ctrl-C, SIGTERM and SIGHUP. Until somebody asks, the first of them ends the process at once.
   *
   * @returns what the first of them aborts; a later one still ends the process
   */
  interrupt(): AbortSignal;
}

export function processContext(): CommandContext {
  const { env, stdin, stdout, stderr } = process;
  let stop: AbortSignal | undefined;
  const interrupt = () => {
    stop ??= onInterrupt();
    return stop;
  };
  return { env, stdin, stdout, stderr, interrupt };
}
