import { type CommandFunction, createCommand } from './create-command.ts';
import { ConfigError } from './errors.ts';
import { type Erased, readErasure } from './jobs/erase/read-erasure.ts';
import { readDatabase } from './settings/database-settings.ts';
import type { Environment } from './settings/environment.ts';
import { keepTrying, WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { withClient } from './store/connection/with-client.ts';

/** The Lambda entry of `erase`. The id of a person is nowhere but in the request. */
export const handler = createErase(process.env);

export function createErase(env: Environment, waitSeconds = WAIT_SECONDS): CommandFunction<Erased> {
  return createCommand('erase', async (request, log) => {
    const erase = readErasure(request);
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    // What is erased is tried once: when the connection dies, another try would count nothing.
    const patience = { seconds: waitSeconds, say: log.waiting };
    await keepTrying(() => withClient(database, (client) => client.query('select 1')), patience);
    return withClient(database, erase);
  });
}
