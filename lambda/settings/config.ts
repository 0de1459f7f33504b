import { ConfigError } from '../errors.ts';
import type { DatabaseConfig } from '../store/connection/database.ts';
import { readDatabase } from './database-settings.ts';
import { ENV, type Environment } from './environment.ts';
import { type KeySettings, readKeys } from './key-settings.ts';
import { RETRY_WAITS, type RetryWaits } from './retry-waits.ts';
import { readVault, type VaultSource } from './vault-settings.ts';

export interface Config {
  database: DatabaseConfig;
  keys: KeySettings;
  /** null: values are not sealed, and cannot be recovered. */
  vault: VaultSource | null;
  /** Without it no visibility is set: failed messages wait for the queue's own timeout. */
  queueUrl: string | null;
  retryWaits: RetryWaits;
}

/**
 * Reads every setting of the function.
 *
 * @throws ConfigError with all problems at once, by name and never by value
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const database = readDatabase(env, problems);
  const keys = readKeys(env, problems);
  const vault = readVault(env, problems);

  const queueUrl = env[ENV.queueUrl] || null;
  if (queueUrl && !isHttpUrl(queueUrl)) problems.push(`${ENV.queueUrl} is not an http:// or https:// URL.`);

  const retryWaits = readRetryWaits(env, problems);

  if (problems.length > 0 || !database || !keys) throw new ConfigError(problems);
  return Object.freeze({ database, keys, vault, queueUrl, retryWaits });
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
