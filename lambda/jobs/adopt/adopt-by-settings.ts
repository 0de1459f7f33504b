import { ConfigError } from '../../errors.ts';
import { requireKeys } from '../../keys/open-keys.ts';
import { createMasker } from '../../masking/masker.ts';
import { readDatabase } from '../../settings/database-settings.ts';
import { ENV, type Environment } from '../../settings/environment.ts';
import { readKeys } from '../../settings/key-settings.ts';
import { type AdoptOptions, type AdoptResult, adopt } from './adopt.ts';

/**
 * Takes over a table of SHA-256 hashes with the keys of the function that is to go on with it.
 *
 * @throws ConfigError where a setting is missing or wrong, JobError where KMS does not answer, and what `adopt` throws
 */
export async function adoptBySettings(
  env: Environment,
  rest: Pick<AdoptOptions, 'progress' | 'stop'>,
): Promise<AdoptResult> {
  const { database, keys: settings } = readSettings(env);
  const keys = await requireKeys(settings);
  const masker = (isAdopted: boolean) => createMasker(settings.kid, { ...keys, isAdopted });
  return adopt(database, { masker: masker(true), hashMasker: masker(false), ...rest });
}

function readSettings(env: Environment) {
  const problems: string[] = [];
  const database = readDatabase(env, problems);
  const keys = readKeys(env, problems);
  if (!env[ENV.maskAdopted]) {
    problems.push(`${ENV.maskAdopted} must be sha256, here and for the function that writes from now on.`);
  }
  if (problems.length > 0 || !database || !keys) throw new ConfigError(problems);
  return { database, keys };
}
