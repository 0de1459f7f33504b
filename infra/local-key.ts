import { createHash, createHmac } from 'node:crypto';
import { parseMasterKey } from '../lambda/masking/master-key.ts';
import { ENV, type Environment } from '../lambda/settings/environment.ts';
import { FIRST_KEY_ID } from '../lambda/settings/key-settings.ts';
import { localSettings } from './local-settings.ts';
import { SettingsError } from './settings/settings-error.ts';

/** Not a secret: it is published, and only for made-up events. */
const PUBLISHED = 'login-etl on LocalStack, for trials only';

/** 32 bytes each. */
export interface LocalKeyMaterial {
  root: Buffer;
  layer: Buffer;
  /** While layers are rotated. */
  nextLayer?: Buffer;
}

/**
 * Material for LocalStack's keys: HKDF-Extract of MASK_KEY, MASK_LAYER_KEY and MASK_NEXT_LAYER_KEY, with which KMS gives the
 * same pseudonyms as the function does with these settings themselves, or published bytes where there is none.
 *
 * @throws SettingsError with what is wrong with one of them
 */
export function localKeyMaterial(env: Environment): LocalKeyMaterial {
  const { maskKeyId, nextMaskKeyId } = localSettings(env);
  const root = extract(env, ENV.maskKey);
  const layer = layerOf(env, ENV.maskLayerKey, maskKeyId, root);
  const keys = { root: root ?? published(''), layer };
  if (nextMaskKeyId === null) return keys;
  return { ...keys, nextLayer: layerOf(env, ENV.maskNextLayerKey, nextMaskKeyId, root) };
}

/** The first layer may be the root, as in the function's own settings. */
function layerOf(env: Environment, name: string, kid: string, root: Buffer | null): Buffer {
  const isFirst = kid === FIRST_KEY_ID;
  const own = extract(env, name) ?? (isFirst ? root : null);
  if (own) return own;
  if (root) throw new SettingsError([`${name} is missing: the layer key of ${kid}, as ${ENV.maskKey} is set.`]);
  return published(isFirst ? ' (layer)' : ` (layer ${kid})`);
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
