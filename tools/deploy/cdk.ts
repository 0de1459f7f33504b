import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CommandLine } from '../cli/command.ts';
import { UserError } from '../cli/user-error.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** As an argument of a command. */
export const CDK_OPTIONS = ['[cdk-options...]', 'options for cdk, after "--"'] as const;

interface CdkRun extends Pick<CommandLine, 'json' | 'interrupt'> {
  stage: string;
  /** Options for cdk, as the user wrote them. */
  more: readonly string[];
}

/**
 * Makes what runs cdk in the project's folder; cdk itself asks and reports.
 *
 * @throws UserError if cdk fails, which has then said why
 */
export function createCdk({ stage, more, json, interrupt }: CdkRun): (args: readonly string[]) => Promise<void> {
  const stray = more.find((arg, i) => !arg.startsWith('-') && !more[i - 1]?.startsWith('-'));
  if (stray !== undefined) {
    throw new UserError(
      `"${stray}" makes no sense here: name the stage by --stage, and put options for cdk after "--".`,
      2,
    );
  }
  return async (args) => {
    const child = spawn('cdk', [...args, '--context', `stage=${stage}`, ...more], {
      cwd: ROOT,
      stdio: ['inherit', json ? 2 : 'inherit', 'inherit'],
    });
    interrupt().addEventListener('abort', () => child.kill('SIGTERM'));
    const [exitCode] = await once(child, 'close');
    if (exitCode !== 0) throw new UserError(`"cdk ${args.join(' ')}" failed; its own message is above.`);
  };
}
