import { type CommandFunction, createCommand } from './create-command.ts';
import { ConfigError } from './errors.ts';
import { type Erased, readErasure } from './jobs/erase/read-erasure.ts';
import { readDatabase } from './settings/database-settings.ts';
import type { Environment } from './settings/environment.ts';
import { WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { onceAwake } from './store/connection/once-awake.ts';

/** The Lambda entry of `erase`. A person's id appears only in the request. */
export const handler = createErase(process.env);

export function createErase(env: Environment, waitSeconds = WAIT_SECONDS): CommandFunction<Erased> {
  return createCommand('erase', async (request, log) => {
    const erase = readErasure(request);
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    // What is erased is tried once: when the connection dies, another try would count nothing.
    return onceAwake(database, { seconds: waitSeconds, say: log.waiting }, erase);
  });
}
