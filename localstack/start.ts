import { readConfig } from '../lambda/settings/config.ts';
import { ENV, type Environment } from '../lambda/settings/environment.ts';
import { type CommandLine, defineCommand } from '../tools/cli/command.ts';
import { UserError } from '../tools/cli/user-error.ts';
import { integerBetween } from '../tools/cli/values.ts';
import { DATA_FOLDER, type DataFolder, openDataFolder } from './embedded/data-folder.ts';
import { keySettings } from './embedded/key-settings.ts';
import { checkRejectedFile } from './embedded/rejected/save-dead-letters.ts';
import { isComplete, reportAsJson } from './embedded/report.ts';
import { runPipeline, type StartOptions } from './embedded/run.ts';
import { vaultSettings } from './embedded/vault-key.ts';
import { FILE_HELP } from './events/read-events.ts';

export const command = defineCommand(
  (command) =>
    command
      .description(
        'Runs the pipeline on this machine: an embedded SQS queue, the Lambda handler, and a real PostgreSQL. ' +
          'Sends events, waits until each is stored or dead-lettered, and shows what became of them.',
      )
      .argument('[FILE...]', FILE_HELP)
      .option('--watch', 'stay up and store what arrives, until Ctrl-C', false)
      .option('--fresh', 'begin with an empty database', false)
      .option('--vault', 'seal every ip and device id, so that they can be recovered', false)
      .option('--save, --rejected <file>', 'write dead letters, unmasked, to a new file that only you can read')
      .option('--port <n>', 'port of the embedded PostgreSQL (default: a free one)', integerBetween(1, 65_535))
      .option('--sqs-port <n>', 'port of the SQS queue (default: a free one)', integerBetween(1, 65_535))
      .option('--data <dir>', "keep database, mask keys and log in this folder (default: the project's .login-etl)")
      .addHelpText('after', ENVIRONMENT),
  async ({ args: [files], options: { data = DATA_FOLDER, ...flags }, ...line }) => {
    const folder = openDataFolder(data);
    try {
      return await start({ files, json: line.json, ...flags }, folder, line);
    } finally {
      folder.release();
    }
  },
);

const ENVIRONMENT = `
Environment
  DATABASE_URL  a PostgreSQL 14 to 18 of your own instead of the embedded one;
                its role may create tables and roles
  MASK_KEY      hex:... or base64:... of at least 32 random bytes instead of
                the key made by the first run
  MASK_LAYER_KEY
                the same for the layer key; if only MASK_KEY is set, it
                serves for both
  VAULT_PUBLIC_KEY
                with --vault, a public key of your own to seal with, instead of
                the one made by the first such run
  MASK_KEY_ID   the layer key's id, which begins every pseudonym (default: k1)

The exit code is 0 when every event was stored, or dead-lettered for a named
reason.`;

async function start(options: StartOptions, folder: DataFolder, line: Omit<CommandLine, 'args' | 'options'>) {
  const { env, out } = line;
  const keys = { ...keySettings(env, folder), ...(await vaultSettings(options.vault, folder, line)) };
  checkSettings(options, keys, env);
  if (options.fresh) folder.emptyDatabase();
  const interrupt = line.interrupt();
  const result = await runPipeline({ options, folder, keys, env, out, interrupt });
  const failed = interrupt.aborted ? 130 : 1;
  return { json: reportAsJson(result, Boolean(env[ENV.databaseUrl])), exitCode: isComplete(result) ? 0 : failed };
}

/** The function's own check, before anything is started that a wrong setting would make useless. */
function checkSettings(options: StartOptions, keys: Record<string, string>, env: Environment): void {
  const databaseUrl = env[ENV.databaseUrl];
  if (options.fresh && databaseUrl) {
    throw new UserError('--fresh empties only the embedded database, but DATABASE_URL names another one.', 2);
  }
  if (options.port !== undefined && databaseUrl) {
    throw new UserError('--port is for the embedded database, but DATABASE_URL names another one.', 2);
  }
  checkRejectedFile(options.rejected);
  const rest = {
    [ENV.queueUrl]: undefined,
    [ENV.databaseUrl]: databaseUrl || 'postgres://embedded',
  };
  readConfig({ ...env, ...keys, ...rest });
}
