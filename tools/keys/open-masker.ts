import { ConfigError } from '../../lambda/errors.ts';
import { createKeyRing } from '../../lambda/keys/open-keys.ts';
import type { LayerKeys, MaskKeys } from '../../lambda/masking/mask-keys.ts';
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
 * Goes by the function's own key settings, and ignores all others.
 *
 * @throws UserError if KMS does not answer, ConfigError if a setting is missing or wrong
 */
export async function openMaskKeys(env: Environment): Promise<OpenMaskKeys> {
  const { keys, settings } = await openKeys(env);
  const layers = [{ kid: settings.kid, layer: keys.layer }, ...(keys.next ? [keys.next] : [])];
  return { masker: createMasker(settings.kid, keys), layers, settings };
}

async function openKeys(env: Environment): Promise<{ keys: MaskKeys; settings: KeySettings }> {
  const problems: string[] = [];
  const settings = readKeys(env, problems);
  if (problems.length > 0 || !settings) throw new ConfigError(problems);
  const answer = await createKeyRing(settings)();
  if ('outage' in answer) throw new UserError(`KMS did not give the key (${answer.outage.replace('kms ', '')}).`);
  return { keys: answer.keys, settings };
}

/** @returns null if no key is set; throws as above */
export async function openMasker(env: Environment): Promise<Masker | null> {
  return env[ENV.maskKey] || env[ENV.maskKmsKey] ? (await openMaskKeys(env)).masker : null;
}
