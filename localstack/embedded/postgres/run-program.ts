import { spawn } from 'node:child_process';

export interface RunOptions {
  uid?: number;
  gid?: number;
  cwd: string;
}

/**
 * Runs a program to its end in a session of its own, so that Ctrl-C stops the run and not its database underneath it.
 *
 * @throws Error with the last line that it printed to standard error
 */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done();
      else fail(new Error(stderr.trim().split('\n').at(-1) || `it ended with exit code ${code}`));
    });
  });
}
