import { ConfigError } from '../lambda/errors.ts';
import { readConfig } from '../lambda/settings/config.ts';
import { ENV } from '../lambda/settings/environment.ts';
import { surviveClosedOutput } from '../tools/cli/closed-output.ts';
import { onInterrupt } from '../tools/cli/interrupt.ts';
import { UserError } from '../tools/cli/user-error.ts';
import { type DataFolder, openDataFolder } from './embedded/data-folder.ts';
import { keySettings } from './embedded/key-settings.ts';
import { HELP, type Options, parseOptions } from './embedded/options.ts';
import { isComplete, reportAsJson } from './embedded/report.ts';
import { run } from './embedded/run.ts';

/** The entry of `npm start`. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = openDataFolder(options.data);
  try {
    return await start(options, folder);
  } finally {
    folder.release();
  }
}

async function start(options: Options, folder: DataFolder): Promise<number> {
  const keys = keySettings(process.env, folder);
  checkSettings(options, keys);
  if (options.fresh) folder.emptyDatabase();
  const interrupt = onInterrupt();
  const out = options.json ? process.stderr : process.stdout;
  const result = await run({ options, folder, keys, env: process.env, out, interrupt });
  if (options.json) process.stdout.write(`${JSON.stringify(reportAsJson(result))}\n`);
  if (isComplete(result)) return 0;
  return interrupt.aborted ? 130 : 1;
}

/** The function's own check, before anything is started that a wrong setting would make useless. */
function checkSettings(options: Options, keys: Record<string, string>): void {
  const databaseUrl = process.env[ENV.databaseUrl];
  if (options.fresh && databaseUrl) {
    throw new UserError('--fresh empties the embedded database only, and DATABASE_URL names another one.', 2);
  }
  const rest = {
    [ENV.queueUrl]: undefined,
    [ENV.databaseUrl]: databaseUrl || 'postgres://embedded',
  };
  readConfig({ ...process.env, ...keys, ...rest });
}

surviveClosedOutput();
try {
  const exitCode = await main(process.argv.slice(2));
  process.exitCode = exitCode || process.exitCode;
} catch (error) {
  if (!(error instanceof UserError || error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}
