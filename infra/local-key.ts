import { createHash, createHmac } from 'node:crypto';
import { parseMasterKey } from '../lambda/masking/master-key.ts';
import { SettingsError } from './settings/settings-error.ts';

/** Not a secret, and not to be one: it is for events that somebody made up. */
const PUBLISHED = 'login-etl on LocalStack, for trials only';

/**
 * Material for LocalStack's key: HKDF-Extract of MASK_KEY, with which KMS gives the same pseudonyms as the function does
 * with MASK_KEY itself, or published bytes where there is none.
 *
 * @throws SettingsError with what is wrong with MASK_KEY
 */
export function localKeyMaterial(maskKey: string | undefined): Buffer {
  if (!maskKey) return createHash('sha256').update(PUBLISHED).digest();
  const master = parseMasterKey(maskKey);
  if (!master.ok) throw new SettingsError([`MASK_KEY ${master.problem}.`]);
  return createHmac('sha256', Buffer.alloc(32)).update(master.bytes).digest();
}
