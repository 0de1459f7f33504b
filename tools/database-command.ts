import { parseArgs } from 'node:util';
import { ENV } from '../lambda/settings/environment.ts';

export interface DatabaseCommand<Result> {
  help: string;
  /** @returns what `--json` prints */
  run(databaseUrl: string): Promise<Result>;
  /** The same for people, in one sentence. */
  describe(result: Result): string;
}

/** Runs a command on the database of DATABASE_URL: `--help`, `--json`, one sentence on failure, exit code not 0. */
export async function runDatabaseCommand<Result>(command: DatabaseCommand<Result>): Promise<void> {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } } });
    if (values.help) {
      process.stdout.write(command.help);
      return;
    }
    const databaseUrl = process.env[ENV.databaseUrl];
    if (!databaseUrl) throw new Error('DATABASE_URL is missing; it is postgres://user:password@host:5432/database');
    const result = await command.run(databaseUrl);
    process.stdout.write(`${values.json ? JSON.stringify(result) : command.describe(result)}\n`);
  } catch (error) {
    const { message = '', code = '' } = error as { message?: string; code?: string };
    process.stderr.write(`${message || code}\n`);
    process.exitCode = code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}
