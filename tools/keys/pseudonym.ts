import { ConfigError } from '../../lambda/errors.ts';
import {
  type PseudonymAnswer,
  pseudonymOf,
  SECRET_FIELDS,
  type SecretField,
} from '../../lambda/jobs/pseudonym/pseudonym.ts';
import { rekeyed } from '../../lambda/jobs/rekey/move-pseudonyms.ts';
import { checkValue, type KeyCheck, PSEUDONYM } from '../../lambda/masking/masker.ts';
import { readDatabase } from '../../lambda/settings/database-settings.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { areEnrolled } from '../../lambda/store/connection/key-check.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { type CommandLine, defineCommand } from '../cli/command.ts';
import { readValue } from '../cli/read-value.ts';
import { UserError } from '../cli/user-error.ts';
import { requiredChoice } from '../cli/values.ts';
import { invokeOnStage } from '../stage/invoke.ts';
import { STAGE_OPTION } from '../stage/stage.ts';
import { keyId } from './key-id.ts';
import { openOldLayer } from './old-layer.ts';
import { type OpenMaskKeys, openMaskKeys } from './open-masker.ts';

const HELP = `
The value is read from standard input, since everybody on a machine can see
command lines. It is read exactly as the function reads it from a message.

With --from, standard input has two lines: a pseudonym from before a rotation,
as in a restored backup, and the layer key that made it (hex:..., base64:...,
or the name of a key in KMS). Leave the second out if k1 had no layer key of
its own.

Environment:
  MASK_KEY, MASK_KEY_ID, MASK_LAYER_KEY ...
                the function's own keys
  DATABASE_URL  if it is set, the keys are compared with those that wrote
                this database; the role must be allowed to read mask_keys

Examples:
  npx login-etl pseudonym --field device_id < file-with-the-id
  cat old-pseudonym old-layer-key | npx login-etl pseudonym --field ip --from k1

Exit codes: 0 done, 1 failed, or there is no pseudonym, 2 wrong usage.`;

export const command = defineCommand(
  (command) =>
    command
      .description('Computes the pseudonym of a value that you know, to find its rows or answer its owner.')
      .addOption(requiredChoice('--field <name>', 'the field that the value belongs to', SECRET_FIELDS))
      .option('--from <kid>', 'read a pseudonym under this older key instead of a value', keyId)
      .option(...STAGE_OPTION)
      .addHelpText('after', HELP),
  async (line) => {
    const { options, env, stderr } = line;
    if (options.stage !== undefined) return onStage(options.stage, line);
    const keys = await openMaskKeys(env);
    const { checks, ...answer } = options.from
      ? await fromOldPseudonym(options.from, keys, line)
      : await fromValue(options.field, keys, line);
    const compared = await compareKeys(env, checks);
    if (!compared) stderr.write('The keys were not compared with those of a database: DATABASE_URL is not set.\n');
    return { json: { field: options.field, compared, ...answer }, text: linesOf(answer.pseudonyms) };
  },
);

interface Found {
  pseudonyms: string[];
  changes: string[];
  /** The check values of the keys that it depends on. */
  checks: readonly KeyCheck[];
}

async function fromValue(
  field: SecretField,
  { masker }: OpenMaskKeys,
  line: Pick<CommandLine, 'stdin' | 'stderr'>,
): Promise<Found> {
  const value = await readKnownValue(line);
  return { ...requirePseudonyms(field, pseudonymOf(field, value, masker)), checks: masker.checks };
}

interface StageLine extends CommandLine {
  options: { field: SecretField; from?: string | undefined };
}

/** By the function that has the keys of the stage, and no database to compare them with. */
async function onStage(stage: string, line: StageLine) {
  const { field, from } = line.options;
  if (from !== undefined) {
    throw new UserError('--from needs the old layer key, which no function has: leave --stage out.', 2);
  }
  const value = await readKnownValue(line);
  const request = { field, value };
  const stop = line.interrupt();
  const { env } = line;
  const answered = await invokeOnStage<PseudonymAnswer>({ stage, command: 'pseudonym', request, env, stop });
  const answer = requirePseudonyms(field, answered);
  return { json: { field, compared: false, ...answer }, text: linesOf(answer.pseudonyms) };
}

const linesOf = (pseudonyms: readonly string[]) => pseudonyms.map((pseudonym) => `${pseudonym}\n`).join('');

async function readKnownValue(line: Pick<CommandLine, 'stdin' | 'stderr'>): Promise<string> {
  const value = await readValue('Value', line);
  if (value.includes('\n'))
    throw new UserError('Standard input holds more than one line: give one value at a time.', 2);
  if (PSEUDONYM.test(value)) throw new UserError('This is already a pseudonym: name its older key with --from.', 2);
  return value;
}

function requirePseudonyms(field: SecretField, answer: PseudonymAnswer): Omit<Found, 'checks'> {
  if ('refused' in answer) {
    throw new UserError(`The function refuses such a value (${answer.refused} ${field}), so it has no pseudonym.`);
  }
  if (answer.pseudonyms.length === 0) {
    throw new UserError(
      `The function stores null for this value (${answer.changes[0] ?? 'nothing but white space'}), so it has no pseudonym.`,
    );
  }
  return answer;
}

async function fromOldPseudonym(
  from: string,
  keys: OpenMaskKeys,
  line: Pick<CommandLine, 'stdin' | 'stderr'>,
): Promise<Found> {
  const [pseudonym = '', layerKey] = await readTwoLines(line);
  if ((!pseudonym.startsWith(`${from}_`) && !pseudonym.startsWith(`${from}t_`)) || !PSEUDONYM.test(pseudonym)) {
    throw new UserError(`The first line of standard input is not a pseudonym under ${from}.`, 2);
  }
  const old = await openOldLayer(from, layerKey, keys.settings);
  const pseudonyms = keys.layers.map(({ kid, layer }) => {
    const rotation = { from: { kid: from, block: old.block }, to: { kid, block: layer.block } };
    return rekeyed([pseudonym], rotation, { low: '', high: null }).values[0] as string;
  });
  const checks = [{ name: from, value: checkValue(old.check) }, ...keys.masker.checks];
  return { pseudonyms, changes: [], checks };
}

async function readTwoLines(line: Pick<CommandLine, 'stdin' | 'stderr'>): Promise<string[]> {
  const first = await readValue('Old pseudonym', line);
  const lines = line.stdin.isTTY ? [first, await readValue('Old layer key', line)] : first.split(/\r?\n/);
  if (lines.length > 2) throw new UserError('Standard input holds more than two lines.', 2);
  return lines;
}

/**
 * A pseudonym under a wrong key finds nothing, which looks as if there were nothing to find.
 *
 * @returns false if there is no database to compare with
 */
async function compareKeys(env: Environment, checks: readonly KeyCheck[]): Promise<boolean> {
  if (!env[ENV.databaseUrl]) return false;
  const problems: string[] = [];
  const database = readDatabase(env, problems);
  if (!database) throw new ConfigError(problems);
  const known = await withClient(database, (client) => areEnrolled(client, checks));
  if (!known) throw new UserError('None of these keys has ever written to this database, so nothing could be found.');
  return true;
}
