import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../tools/cli/user-error.ts';

/** Where cdk.json and docker-compose.yml are. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Step {
  /** As a line on the terminal: "Deploying". */
  title: string;
  command: readonly [program: string, ...args: string[]];
  env: Record<string, string | undefined>;
  /** What to do when it fails. */
  advice: string;
}

/**
 * Runs a program behind one line that tells what it does and how long it took; what it prints is shown when it fails.
 *
 * @throws UserError when it fails or cannot be started
 */
export async function runStep({ title, command, env, advice }: Step, out: NodeJS.WritableStream): Promise<void> {
  const startedAt = performance.now();
  out.write(`${title} ... `);
  const { exitCode, output } = await runQuietly(command, env);
  if (exitCode === 0) {
    out.write(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s\n`);
    return;
  }
  out.write(`failed\n\n${output.trimEnd()}\n\n`);
  throw new UserError(`"${command.join(' ')}" failed. ${advice}`);
}

function runQuietly(
  [program, ...args]: Step['command'],
  env: Step['env'],
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => done({ exitCode: null, output: error.message }));
    child.on('close', (exitCode) => done({ exitCode, output }));
  });
}
