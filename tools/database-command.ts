import { DATABASE_URL_MISSING } from '../lambda/settings/database-settings.ts';
import { ENV } from '../lambda/settings/environment.ts';
import { keepTrying, WAIT_SECONDS } from '../lambda/store/connection/keep-trying.ts';
import { type CommandModule, defineCommand } from './cli/command.ts';
import { UserError } from './cli/user-error.ts';
import { integerBetween } from './cli/values.ts';

export interface DatabaseCommand<Result> {
  name: string;
  description: string;
  /** Safe to run again, wherever it stopped. @returns what `--json` prints */
  run(databaseUrl: string): Promise<Result>;
  /** The same for people, in one sentence. */
  describe(result: Result): string;
}

/** A command that does one thing to the database of DATABASE_URL, and waits for it if it is waking up. */
export function databaseCommand<Result extends Record<string, unknown>>({
  name,
  description,
  run,
  describe,
}: DatabaseCommand<Result>): CommandModule {
  return defineCommand(
    (command) =>
      command
        .description(description)
        .option(
          '--wait <seconds>',
          `how long to wait for a database that is waking up, restarting or failing over (default: ${WAIT_SECONDS})`,
          integerBetween(0, 3_600),
        )
        .addHelpText(
          'after',
          `
Example:
  DATABASE_URL=postgres://owner:password@host:5432/database \\
    npx login-etl ${name}`,
        ),
    async ({ env, options: { wait = WAIT_SECONDS }, stderr }) => {
      const databaseUrl = env[ENV.databaseUrl];
      if (!databaseUrl) throw new UserError(DATABASE_URL_MISSING);
      const patience = { seconds: wait, say: (line: string) => void stderr.write(`${line}\n`) };
      const json = await keepTrying(() => run(databaseUrl), patience);
      return { json, text: `${describe(json)}\n` };
    },
  );
}
