import { type CommandFunction, createCommand } from './create-command.ts';
import { ConfigError } from './errors.ts';
import { readRecovery } from './jobs/recover/read-recovery.ts';
import { type Recovered, recover } from './jobs/recover/recover.ts';
import { unwrapDataKeys } from './keys/unwrap-data-keys.ts';
import { readDatabase } from './settings/database-settings.ts';
import type { Environment } from './settings/environment.ts';
import { readVaultOpener } from './settings/vault-private-settings.ts';
import { WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { onceAwake } from './store/connection/once-awake.ts';

/** The Lambda entry of `recover`. It has no mask key, so that values are not compared with their pseudonyms. */
export const handler = createRecover(process.env);

export function createRecover(env: Environment, waitSeconds = WAIT_SECONDS): CommandFunction<Recovered> {
  return createCommand('recover', async (request, log) => {
    const checked = readRecovery(request);
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    const opener = readVaultOpener(env, problems);
    if (problems.length > 0 || !database || !opener) throw new ConfigError(problems);
    const tools = { masker: null, unwrap: unwrapDataKeys.bind(null, opener) };
    const patience = { seconds: waitSeconds, say: log.waiting };
    // Tried once: another try would be another entry of the audit.
    return onceAwake(database, patience, (client) => recover(client, checked, tools));
  });
}
