import { type CommandFunction, createCommand } from './create-command.ts';
import { ConfigError } from './errors.ts';
import { readLook } from './jobs/look/look.ts';
import { readDatabase } from './settings/database-settings.ts';
import type { Environment } from './settings/environment.ts';
import { toDatabaseConfig } from './store/connection/database.ts';
import { keepTrying, WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { withClient } from './store/connection/with-client.ts';

/** Shorter than the function may live, so that it can say what happened. */
const LIMITS = { statement_timeout: 780_000, query_timeout: 785_000 };

/** The Lambda entry for commands that look at a stage's database. */
export const handler = createLook(process.env);

export function createLook(env: Environment, waitSeconds = WAIT_SECONDS): CommandFunction<object> {
  return createCommand('look', async (request, log) => {
    const look = readLook(request);
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    const limited = { ...toDatabaseConfig(database), ...LIMITS };
    return keepTrying(() => withClient(limited, look), { seconds: waitSeconds, say: log.waiting });
  });
}
