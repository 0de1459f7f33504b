import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runProgram } from '../../tools/cli/program.ts';
import { PROGRAM } from '../../tools/program/commands.ts';

export interface ProgramOptions {
  env?: Record<string, string>;
  /** What somebody types at a terminal. */
  typed?: string;
  /** What standard input holds if it is not a terminal. */
  input?: string | Buffer;
  /** Ctrl-C. */
  stop?: AbortSignal;
  definition?: typeof PROGRAM;
}

export interface ProgramResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  // biome-ignore lint/suspicious/noExplicitAny: of `--json`
  json: any;
}

/** Runs `npx login-etl ...args` in this process. */
export async function runLoginEtl(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const { env = {}, typed, input, stop = new AbortController().signal, definition = PROGRAM } = options;
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  if (typed !== undefined) stdin.write(typed);
  if (input !== undefined) stdin.end(input);
  const terminal = Object.assign(stdin, { isTTY: typed !== undefined });
  const output = Promise.all([text(stdout), text(stderr)]);
  const context = { env, stdin: terminal, stdout, stderr, interrupt: () => stop };
  const exitCode = await runProgram(args, context, definition);
  stdout.end();
  stderr.end();
  const [out, err] = await output;
  return { exitCode, stdout: out, stderr: err, json: args.includes('--json') && out ? JSON.parse(out) : null };
}
