import { closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { ConfigError, NoRightError } from '../../lambda/errors.ts';
import { SECRET_FIELDS } from '../../lambda/jobs/pseudonym/pseudonym.ts';
import { type Recovered, type RecoverRequest, recover } from '../../lambda/jobs/recover/recover.ts';
import { unwrapDataKeys } from '../../lambda/keys/unwrap-data-keys.ts';
import { PSEUDONYM } from '../../lambda/masking/masker.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { readVaultOpener, type VaultOpener } from '../../lambda/settings/vault-private-settings.ts';
import { type CommandLine, type CommandModule, defineCommand } from '../cli/command.ts';
import { confirm } from '../cli/confirm.ts';
import { formatCount } from '../cli/progress.ts';
import { UserError } from '../cli/user-error.ts';
import { positiveInteger, requiredChoice } from '../cli/values.ts';
import { openNewFile } from '../cli/write-new-file.ts';
import { invokeOnStage } from '../stage/invoke.ts';
import { requireOnePlace, STAGE_OPTION } from '../stage/stage.ts';
import type { LookIntoDatabase } from './audit.ts';
import { openMasker } from './open-masker.ts';

const CAP = 1_000;
const EXIT_CODES = { unknown: 3, noRight: 4, mismatch: 5 } as const;

const HELP = `
Before anything is opened, recover_audit gets a record of who asks, why, and for
which pseudonyms. The values go only to FILE, as JSON Lines: pseudonym, value,
month, and verified, which says whether the value has this pseudonym, or null if
the mask keys are not set.

Environment:
  DATABASE_URL       as login_recoverer or the owner, instead of the data folder
  VAULT_PRIVATE_KEY  the file with the private key, or VAULT_KMS_KEY
  MASK_KEY, MASK_KEY_ID, MASK_LAYER_KEY ...
                     if they are set, each value is verified

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some are unknown or erased, 4 no
right to open values, 5 a value does not match its pseudonym.

Example:
  npx login-etl recover --field ip --pseudonym k1_... --out found.jsonl \\
    --reason 'case 4711'`;

/** @param folder the default data folder */
export function recoverCommand(look: LookIntoDatabase, folder: string): CommandModule {
  return defineCommand(
    (command) =>
      command
        .description('Opens values in the recovery vault by their pseudonyms, and keeps a record of who asked and why.')
        .addOption(requiredChoice('--field <name>', 'the field that they belong to', SECRET_FIELDS))
        .option('--pseudonym <p>', 'one pseudonym, as it stands in the table')
        .option('--file <file>', 'a file with one pseudonym on each line')
        .requiredOption('--reason <text>', 'why, in 3 to 500 characters')
        .requiredOption('--out <file>', 'a new file that only you can read')
        .option(
          '--more <n>',
          `open up to n instead of ${formatCount(CAP)}, after a typed confirmation`,
          positiveInteger,
        )
        .option('--data <dir>', "the data folder of npm start (default: the project's .login-etl)")
        .option(...STAGE_OPTION)
        .addHelpText('after', HELP),
    async (line) => {
      const { options } = line;
      const pseudonyms = readPseudonyms(options);
      const reason = options.reason.trim();
      if (reason.length < 3 || reason.length > 500) throw new UserError('A reason has 3 to 500 characters.', 2);
      requireOnePlace(options.stage, options.data);
      const request = { field: options.field, pseudonyms, reason, caller: userInfo().username };
      const open = options.stage
        ? openOnStage(options.stage, request, line)
        : await openHere(request, line, look, folder);
      await confirmMany(pseudonyms.length, options.stage ? CAP : (options.more ?? CAP), line);
      // Before anything is opened, or a request would be recorded for nothing.
      const file = openNewFile(options.out);
      let isWritten = false;
      try {
        const result = await open();
        writeFileSync(file, result.values.map((value) => `${JSON.stringify(value)}\n`).join(''));
        isWritten = result.values.length > 0;
        return answer(result, isWritten ? options.out : null);
      } catch (error) {
        throw error instanceof NoRightError ? new UserError(error.message, EXIT_CODES.noRight) : error;
      } finally {
        closeSync(file);
        if (!isWritten) rmSync(options.out, { force: true });
      }
    },
  );
}

type Line = Omit<CommandLine, 'args' | 'options'>;

/** By the function beside the stage's database, which has the right to it and the key. */
function openOnStage(stage: string, request: RecoverRequest, { env, interrupt }: Line): () => Promise<Recovered> {
  const stop = interrupt('The function finishes by itself, and recover_audit keeps the request.');
  return () => invokeOnStage<Recovered>({ stage, command: 'recover', request, env, stop });
}

async function openHere(
  request: RecoverRequest,
  { env, options }: Line & { options: { data?: string | undefined } },
  look: LookIntoDatabase,
  folder: string,
): Promise<() => Promise<Recovered>> {
  const tools = { unwrap: unwrapDataKeys.bind(null, readOpener(env)), masker: await openMasker(env) };
  return () => look(env, options.data ?? folder, (client) => recover(client, request, tools));
}

function readPseudonyms({ pseudonym, file }: { pseudonym?: string; file?: string }): string[] {
  if ((pseudonym === undefined) === (file === undefined)) {
    throw new UserError('Give either --pseudonym or --file.', 2);
  }
  const lines = pseudonym === undefined ? readLines(file as string) : [pseudonym];
  const wrong = lines.findIndex((line) => !PSEUDONYM.test(line));
  if (wrong >= 0) {
    const where = pseudonym === undefined ? `Line ${wrong + 1} of the file` : 'This';
    throw new UserError(`${where} is not a pseudonym: one is a key id, "_" and 32 hex digits.`, 2);
  }
  if (lines.length === 0) throw new UserError('The file holds no pseudonym.', 2);
  return [...new Set(lines)];
}

function readLines(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/);
    return lines.filter((line) => line !== '');
  } catch (error) {
    throw new UserError(`The file of pseudonyms cannot be read (${(error as NodeJS.ErrnoException).code}).`, 2);
  }
}

function readOpener(env: Environment): VaultOpener {
  const problems: string[] = [];
  const opener = readVaultOpener(env, problems);
  if (!opener) throw new ConfigError(problems);
  return opener;
}

async function confirmMany(count: number, cap: number, line: Omit<CommandLine, 'args' | 'options'>): Promise<void> {
  if (count > cap) {
    throw new UserError(
      `There are ${formatCount(count)} pseudonyms, and at most ${formatCount(cap)} are opened at once.`,
      2,
    );
  }
  if (count <= CAP) return;
  if (!line.stdin.isTTY) throw new UserError(`More than ${formatCount(CAP)} are opened only at a terminal.`, 2);
  const question = `Type ${count} to open that many values: `;
  const isWanted = await confirm(question, [`${count}`], { ...line, stop: line.interrupt() });
  if (!isWanted) throw new UserError('Nothing was opened.');
}

function answer({ values, unknown, older, auditId }: Recovered, file: string | null) {
  const mismatched = values.filter(({ verified }) => verified === false).map(({ pseudonym }) => pseudonym);
  const json = { file, recovered: values.length, unknown, mismatched, older, auditId };
  const some = unknown.length > 0 ? EXIT_CODES.unknown : 0;
  return { json, text: describe(json, values), exitCode: mismatched.length > 0 ? EXIT_CODES.mismatch : some };
}

interface Described {
  file: string | null;
  unknown: readonly string[];
  mismatched: readonly string[];
  older: Recovered['older'];
  auditId: string;
}

function describe({ file, unknown, mismatched, older, auditId }: Described, values: Recovered['values']): string {
  const verified = values.filter((value) => value.verified === true).length;
  const opened = file
    ? [`Opened ${formatCount(values.length)}; only you can read them, in`, `  ${file}`]
    : ['Opened none.'];
  const lines = [...opened, `This is entry ${auditId} of recover_audit.`];
  if (values.length > 0 && verified < values.length - mismatched.length) {
    lines.push('Not verified, since the mask keys are not set: a forged value would look the same.');
  } else if (values.length > 0) {
    lines.push(`${formatCount(verified)} verified: the value has this pseudonym.`);
  }
  if (mismatched.length > 0) lines.push(`These do not match, so they were forged or moved: ${mismatched.join(', ')}`);
  if (unknown.length > 0) lines.push(`Unknown, or erased: ${unknown.join(', ')}`);
  if (older) {
    lines.push(`Some are under an older key than the vault, which is under ${older.kid}:`);
    lines.push('"npx login-etl pseudonym --from" gives their newer pseudonyms.');
  }
  return `${lines.join('\n')}\n`;
}
