import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/**
 * What the root key is for: its purposes are part of the derivation, so that the same text in two fields gets unequal
 * pseudonyms. `ipText` is for text in `ip` that is not an address; `check` tells two masters apart and reveals neither.
 */
export const ROOT_KEY_INFO = {
  ip: 'login-etl/mask/v1/ip',
  deviceId: 'login-etl/mask/v1/device_id',
  ipText: 'login-etl/mask/v1/ip-raw',
  check: 'login-etl/mask/v1/check',
} as const;

/**
 * The same for a table of SHA-256 hashes that was adopted: these keys are for hashes. An old hash of text in `ip` cannot be
 * told from one of an address, so both have one key.
 */
export const ADOPTED_KEY_INFO = Object.fromEntries(
  Object.entries({ ...ROOT_KEY_INFO, ipText: ROOT_KEY_INFO.ip }).map(([name, info]) => [name, forHashes(info)]),
) as Record<keyof typeof ROOT_KEY_INFO, string>;

function forHashes(info: string): string {
  return info.replace('/v1/', '/v1/sha256/');
}

/** The key over the MACs, which can be replaced without knowing a value: `block` encrypts, `check` as above. */
export const LAYER_KEY_INFO = {
  block: 'login-etl/mask/v1/layer',
  check: 'login-etl/mask/v1/layer-check',
} as const;

export type RootKeyName = keyof typeof ROOT_KEY_INFO;
/** KeyObjects, not buffers: with a buffer Node 24.21 takes five to eight times as long for each HMAC. */
export type DerivedKeys<Name extends string> = Readonly<Record<Name, KeyObject>>;

export type LayerKeys = DerivedKeys<keyof typeof LAYER_KEY_INFO>;

export interface MaskKeys {
  /** The root keys are those of an adopted table, and values are hashed before they are masked. */
  isAdopted?: boolean;
  root: DerivedKeys<RootKeyName>;
  layer: LayerKeys;
  /** While layers are rotated: the one that follows. */
  next?: { kid: string; layer: LayerKeys };
}

/**
 * @param root master of at least 32 random bytes
 * @param layer likewise; the first key id may do without one of its own, and then uses the root
 */
export function deriveMaskKeys(root: Uint8Array, layer: Uint8Array = root): MaskKeys {
  return { root: deriveKeys(root, ROOT_KEY_INFO), layer: deriveKeys(layer, LAYER_KEY_INFO) };
}

export function deriveKeys<Name extends string>(
  master: Uint8Array,
  infos: Readonly<Record<Name, string>>,
): DerivedKeys<Name> {
  const derive = (info: string) => createSecretKey(Buffer.from(hkdfSync('sha256', master, '', info, 32)));
  const names = Object.keys(infos) as Name[];
  return Object.fromEntries(names.map((name) => [name, derive(infos[name])])) as Record<Name, KeyObject>;
}
