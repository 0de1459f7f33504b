import { InvalidArgumentError } from '@commander-js/extra-typings';
import { KEY_ID } from '../../lambda/masking/masker.ts';

/** For an option that names a layer key. */
export function keyId(text: string): string {
  if (!KEY_ID.test(text)) throw new InvalidArgumentError('It must be k1, k2, k3 and so on, up to k9999.');
  return text;
}
