import { ConfigError } from '../../lambda/errors.ts';
import { createKeyRing } from '../../lambda/keys/open-keys.ts';
import type { LayerKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker, type Masker } from '../../lambda/masking/masker.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { type KeySettings, readKeys } from '../../lambda/settings/key-settings.ts';
import { UserError } from '../cli/user-error.ts';

export interface OpenMaskKeys {
  masker: Masker;
  /** The one in use and, while layers are rotated, the one that follows. */
  layers: { kid: string; layer: LayerKeys }[];
  settings: KeySettings;
}

/**
 * By the function's own settings of its keys; the others are not looked at.
 *
 * @throws UserError where KMS cannot be asked, ConfigError where a setting is missing or wrong
 */
export async function openMaskKeys(env: Environment): Promise<OpenMaskKeys> {
  const problems: string[] = [];
  const settings = readKeys(env, problems);
  if (problems.length > 0 || !settings) throw new ConfigError(problems);
  const answer = await createKeyRing(settings)();
  if ('outage' in answer) throw new UserError(`The key cannot be had from KMS (${answer.outage.replace('kms ', '')}).`);
  const { layer, next } = answer.keys;
  const layers = [{ kid: settings.kid, layer }, ...(next ? [next] : [])];
  return { masker: createMasker(settings.kid, answer.keys), layers, settings };
}

/** @returns null where no key is set; throws as above */
export async function openMasker(env: Environment): Promise<Masker | null> {
  return env[ENV.maskKey] || env[ENV.maskKmsKey] ? (await openMaskKeys(env)).masker : null;
}
