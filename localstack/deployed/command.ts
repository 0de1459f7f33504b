import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { type Deployment, findDeployment } from './deployment.ts';

export interface CommandLine {
  at: Deployment;
  files: string[];
  json: boolean;
  /** For people; what a program reads is not written here. */
  out: NodeJS.WritableStream;
}

/** Runs a command on the deployed pipeline: `--help`, `--json`, one sentence on failure, exit code not 0. */
export async function runCommand(
  { help, takesFiles = false }: { help: string; takesFiles?: boolean },
  env: Environment,
  run: (line: CommandLine) => Promise<Record<string, unknown>>,
): Promise<void> {
  try {
    const { json, help: wantsHelp, files } = parse(process.argv.slice(2), takesFiles);
    if (wantsHelp) {
      process.stdout.write(help);
      return;
    }
    const result = await run({ at: findDeployment(env), files, json, out: json ? process.stderr : process.stdout });
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

const OPTIONS = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsConfig['options'];

function parse(args: string[], takesFiles: boolean): { json: boolean; help: boolean; files: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: takesFiles });
    return { json: values.json === true, help: values.help === true, files: positionals };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(/[.\n]/)[0] : '';
    throw new UserError(`${reason}. --help lists the options.`, 2);
  }
}
