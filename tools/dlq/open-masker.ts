import { createKeyRing } from '../../lambda/keys/open-keys.ts';
import { createMasker, type Masker } from '../../lambda/masking/masker.ts';
import { readConfig } from '../../lambda/settings/config.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../cli/user-error.ts';

/**
 * By the function's own settings.
 *
 * @returns null where no key is set
 * @throws UserError where KMS cannot be asked, ConfigError where a setting is wrong
 */
export async function openMasker(env: Environment): Promise<Masker | null> {
  if (!env[ENV.maskKey] && !env[ENV.maskKmsKey]) return null;
  // The rest of the settings is not this one's to check.
  const rest = { [ENV.databaseUrl]: 'postgres://none', [ENV.databaseLogin]: undefined, [ENV.queueUrl]: undefined };
  const { keys } = readConfig({ ...env, ...rest });
  const answer = await createKeyRing(keys)();
  if ('outage' in answer) throw new UserError(`The key cannot be had from KMS (${answer.outage.replace('kms ', '')}).`);
  return createMasker(keys.kid, answer.keys);
}
