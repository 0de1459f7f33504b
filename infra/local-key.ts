import { createHash, createHmac } from 'node:crypto';
import { parseMasterKey } from '../lambda/masking/master-key.ts';
import { ENV, type Environment } from '../lambda/settings/environment.ts';
import { SettingsError } from './settings/settings-error.ts';

/** Not a secret: it is published, and only for made-up events. */
const PUBLISHED = 'login-etl on LocalStack, for trials only';

/** 32 bytes each. */
export interface LocalKeyMaterial {
  root: Buffer;
  layer: Buffer;
}

/**
 * Material for LocalStack's keys: HKDF-Extract of MASK_KEY and MASK_LAYER_KEY, with which KMS gives the same pseudonyms as
 * the function does with these settings themselves, or published bytes where there is none.
 *
 * @throws SettingsError with what is wrong with either
 */
export function localKeyMaterial(env: Environment): LocalKeyMaterial {
  const root = extract(env, ENV.maskKey);
  const layer = extract(env, ENV.maskLayerKey);
  return { root: root ?? published(''), layer: layer ?? root ?? published(' (layer)') };
}

function published(purpose: string): Buffer {
  return createHash('sha256').update(`${PUBLISHED}${purpose}`).digest();
}

function extract(env: Environment, name: string): Buffer | null {
  const text = env[name];
  if (!text) return null;
  const master = parseMasterKey(text);
  if (!master.ok) throw new SettingsError([`${name} ${master.problem}.`]);
  return createHmac('sha256', Buffer.alloc(32)).update(master.bytes).digest();
}
