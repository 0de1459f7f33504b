import { ENV, type Environment } from './environment.ts';
import { ConfigError } from './errors.ts';
import { KEY_ID } from './masking/masker.ts';
import { parseMasterKey } from './masking/master-key.ts';

export interface Config {
  databaseUrl: string;
  masterKey: Uint8Array;
  maskKeyId: string;
  /** Without it no visibility is set: failed messages wait for the queue's own timeout. */
  queueUrl: string | null;
}

/**
 * Reads every setting of the function.
 *
 * @throws ConfigError with all problems at once, by name and never by value
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const databaseUrl = env[ENV.databaseUrl] ?? '';
  if (databaseUrl === '')
    problems.push(`${ENV.databaseUrl} is missing; it is postgres://user:password@host:5432/database.`);
  else if (!isUrl(databaseUrl, ['postgres:', 'postgresql:']))
    problems.push(`${ENV.databaseUrl} is no postgres:// URL.`);

  const masterKey = readMasterKey(env[ENV.maskKey], problems);
  const maskKeyId = env[ENV.maskKeyId] || 'k1';
  if (!KEY_ID.test(maskKeyId)) problems.push(`${ENV.maskKeyId} must be k1, k2, k3 and so on.`);

  const queueUrl = env[ENV.queueUrl] || null;
  if (queueUrl && !isUrl(queueUrl, ['http:', 'https:']))
    problems.push(`${ENV.queueUrl} is no http:// or https:// URL.`);

  if (problems.length > 0 || !masterKey) throw new ConfigError(problems);
  return Object.freeze({ databaseUrl, masterKey, maskKeyId, queueUrl });
}

function readMasterKey(text: string | undefined, problems: string[]): Uint8Array | null {
  if (!text) {
    problems.push(
      `${ENV.maskKey} is missing, and there is no default; make one with: echo hex:$(openssl rand -hex 32).`,
    );
    return null;
  }
  const key = parseMasterKey(text);
  if (key.ok) return key.bytes;
  problems.push(`${ENV.maskKey} ${key.problem}.`);
  return null;
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
