import { openKey } from '../../lambda/keys/open-keys.ts';
import { LAYER_KEY_INFO, type LayerKeys } from '../../lambda/masking/mask-keys.ts';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';
import { FIRST_KEY_ID, type KeySettings, type KeySource } from '../../lambda/settings/key-settings.ts';
import { UserError } from '../cli/user-error.ts';

/** As KMS takes them: an id, an ARN or an alias. */
const KMS_KEY = /^(arn:aws[\w-]*:kms:|alias\/|mrk-|[0-9a-f]{8}-)[\w:/-]+$/;

/**
 * @param kid of the key
 * @param text the key or its name in KMS; undefined: the first key id had none of its own, and used the root key
 * @throws UserError, without the text, if it is neither
 */
export async function openOldLayer(kid: string, text: string | undefined, { root }: KeySettings): Promise<LayerKeys> {
  if (text === undefined && kid !== FIRST_KEY_ID) {
    throw new UserError(`The second line of standard input is missing: the layer key ${kid}.`, 2);
  }
  const opened = await openKey(text === undefined ? root : sourceOf(text), LAYER_KEY_INFO, 'The old layer key');
  if ('outage' in opened) throw new UserError(`KMS did not answer for the old layer key (${opened.outage.slice(4)}).`);
  return opened.keys;
}

function sourceOf(text: string): KeySource {
  if (KMS_KEY.test(text)) return { kmsKeyId: text };
  const key = parseMasterKey(text);
  if (!key.ok) throw new UserError(`The second line of standard input, the old layer key, ${key.problem}.`, 2);
  return { master: key.bytes };
}
