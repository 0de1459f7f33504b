import { ConfigError, errorName } from '../errors.ts';

/** Answers of KMS that waiting cannot fix, since the setting is wrong. Everything else is an outage. */
const WRONG_SETTING: ReadonlyMap<string, string> = new Map([
  ['NotFoundException', 'names no key that KMS knows'], // also a key of another region, and an ARN that is none
  ['InvalidKeyUsageException', 'must be an HMAC_256 key'], // a key for encryption or signing, or of another length
  ['ValidationException', 'must be a key id, an ARN or alias/...'], // has not the form of any
  ['InvalidArnException', 'must be a key id, an ARN or alias/...'], // is the ARN of something else
]);

/**
 * @param setting that names the key
 * @returns what the outage is called: throttling, no permission, a disabled key, expired credentials, no network ...
 * @throws ConfigError where the setting is wrong
 */
export function classifyKmsError(error: unknown, setting: string): `kms ${string}` {
  const name = errorName(error);
  const problem = WRONG_SETTING.get(name);
  if (problem) throw new ConfigError([`${setting} ${problem} (${name}).`]);
  return `kms ${name}`;
}
