import { parseArgs } from 'node:util';
import { ENV } from '../lambda/settings/environment.ts';
import { keepTrying, WAIT_SECONDS } from '../lambda/store/connection/keep-trying.ts';

export interface DatabaseCommand<Result> {
  help: string;
  /** Harmless to run again, wherever it broke off. @returns what `--json` prints */
  run(databaseUrl: string): Promise<Result>;
  /** The same for people, in one sentence. */
  describe(result: Result): string;
}

/** Runs a command on the database of DATABASE_URL: `--help`, `--json`, one sentence on failure, exit code not 0. */
export async function runDatabaseCommand<Result>(command: DatabaseCommand<Result>): Promise<void> {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        wait: { type: 'string', default: `${WAIT_SECONDS}` },
      },
    });
    if (values.help) {
      process.stdout.write(command.help);
      return;
    }
    const databaseUrl = process.env[ENV.databaseUrl];
    if (!databaseUrl) throw new Error('DATABASE_URL is missing; it is postgres://user:password@host:5432/database');
    const patience = { seconds: waitSeconds(values.wait), say: (line: string) => process.stderr.write(`${line}\n`) };
    const result = await keepTrying(() => command.run(databaseUrl), patience);
    process.stdout.write(`${values.json ? JSON.stringify(result) : command.describe(result)}\n`);
  } catch (error) {
    const { message = '', code = '' } = error as { message?: string; code?: string };
    process.stderr.write(`${message || code}\n`);
    process.exitCode = code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}

function waitSeconds(text: string): number {
  const seconds = Number(text);
  if (text !== '' && Number.isInteger(seconds) && seconds >= 0 && seconds <= 3_600) return seconds;
  throw Object.assign(new Error('--wait must be whole seconds from 0 to 3600.'), { code: 'ERR_PARSE_ARGS_WAIT' });
}

/** For the help of each such command. */
export const WAIT_HELP = `--wait SECONDS   how long to wait for a database that is waking, restarting or failing over (default: ${WAIT_SECONDS})`;
