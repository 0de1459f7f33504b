import type { PendingRows } from '../../lambda/batch/pending-rows.ts';
import { createKeyRing } from '../../lambda/keys/open-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { readConfig } from '../../lambda/settings/config.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { createStore } from '../../lambda/store/store.ts';
import { wrongSetting } from './settings.ts';

/** By the beginning of the SQLSTATE. Waiting cannot fix these. */
const FINAL: readonly [string, string][] = [
  ['28', 'The database refuses the login in DATABASE_URL'],
  ['3D', 'The database in DATABASE_URL does not exist'],
  ['42501', 'The role in DATABASE_URL may not write logins; grant it login_writer'],
  ['42', 'The database has no schema, or an older one: run "npx login-etl migrate" on it'],
];

const NO_ROWS: PendingRows = { keys: [], slice: () => [], eachSecret() {} };

/**
 * Writes an empty batch the way any batch is written, which proves keys, login, rights and schema.
 *
 * @returns what is away, as a batch would name it, or null
 * @throws ConfigError, KeyMismatchError or UserError if a setting is wrong
 */
export async function checkDatabase(env: Environment, timeoutMs: number): Promise<string | null> {
  const { database, keys } = readConfig(env);
  const answer = await createKeyRing(keys)();
  if ('outage' in answer) return answer.outage;
  const { checks, kids } = createMasker(keys.kid, answer.keys);
  const store = createStore({ database, keyChecks: checks, kids });
  try {
    await store.insert(NO_ROWS, performance.now() + timeoutMs);
    return null;
  } catch (error) {
    const known = store.classify(error);
    if (!known) throw error;
    const final = FINAL.find(([start]) => known.code.startsWith(start));
    if (final) throw wrongSetting(`${final[1]} (${known.code}).`);
    return `database ${known.code}`;
  } finally {
    await store.close();
  }
}
