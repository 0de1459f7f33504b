import { ConfigError } from '../errors.ts';
import { KEY_ID } from '../masking/masker.ts';
import { parseMasterKey } from '../masking/master-key.ts';
import type { Database } from '../store/connection/database.ts';
import { readDatabase } from './database-settings.ts';
import { ENV, type Environment } from './environment.ts';
import { RETRY_WAITS, type RetryWaits } from './retry-waits.ts';

export interface Config {
  database: Database;
  maskKey: MaskKey;
  maskKeyId: string;
  /** Without it no visibility is set: failed messages wait for the queue's own timeout. */
  queueUrl: string | null;
  retryWaits: RetryWaits;
}

/** The key itself, or the name of one in KMS. */
export type MaskKey = { master: Uint8Array } | { kmsKeyId: string };

/**
 * Reads every setting of the function.
 *
 * @throws ConfigError with all problems at once, by name and never by value
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const database = readDatabase(env, problems);

  const maskKey = readMaskKey(env, problems);
  const maskKeyId = env[ENV.maskKeyId] || 'k1';
  if (!KEY_ID.test(maskKeyId)) problems.push(`${ENV.maskKeyId} must be k1, k2, k3 and so on.`);

  const queueUrl = env[ENV.queueUrl] || null;
  if (queueUrl && !isHttpUrl(queueUrl)) problems.push(`${ENV.queueUrl} is no http:// or https:// URL.`);

  const retryWaits = readRetryWaits(env, problems);

  if (problems.length > 0 || !database || !maskKey) throw new ConfigError(problems);
  return Object.freeze({ database, maskKey, maskKeyId, queueUrl, retryWaits });
}

function readMaskKey(env: Environment, problems: string[]): MaskKey | null {
  const text = env[ENV.maskKey];
  const kmsKeyId = env[ENV.maskKmsKey];
  if (text && kmsKeyId) problems.push(`${ENV.maskKey} and ${ENV.maskKmsKey} are two keys, and there must be one.`);
  else if (kmsKeyId) return { kmsKeyId };
  else if (text) return readMasterKey(text, problems);
  else
    problems.push(
      `${ENV.maskKey} is missing, and there is no default; make one with: echo hex:$(openssl rand -hex 32), or name ` +
        `a key of KMS in ${ENV.maskKmsKey}.`,
    );
  return null;
}

function readMasterKey(text: string, problems: string[]): MaskKey | null {
  const key = parseMasterKey(text);
  if (key.ok) return { master: key.bytes };
  problems.push(`${ENV.maskKey} ${key.problem}.`);
  return null;
}

/** Half of what SQS takes for a visibility timeout, which counts from the receive. */
const MAX_WAIT_SECONDS = 21_600;

function readRetryWaits(env: Environment, problems: string[]): RetryWaits {
  const read = (name: string, usual: number): number => {
    const seconds = Number(env[name] || usual);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_WAIT_SECONDS) {
      problems.push(`${name} must be whole seconds from 1 to ${MAX_WAIT_SECONDS}.`);
    }
    return seconds;
  };
  const waits = {
    firstSeconds: read(ENV.retryWait, RETRY_WAITS.firstSeconds),
    longestSeconds: read(ENV.longestRetryWait, RETRY_WAITS.longestSeconds),
  };
  if (waits.firstSeconds > waits.longestSeconds) problems.push(`${ENV.retryWait} is above ${ENV.longestRetryWait}.`);
  return waits;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
