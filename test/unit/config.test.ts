import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../lambda/config.ts';
import type { Environment } from '../../lambda/environment.ts';
import { ConfigError } from '../../lambda/errors.ts';

const KEY = createHash('sha256').update('a key for tests').digest();
const ENVIRONMENT = {
  DATABASE_URL: 'postgres://writer:sesame@db.example:5432/logins',
  MASK_KEY: `hex:${KEY.toString('hex')}`,
} as const;

function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings that suffice', () => {
  test('are a database and a key; the key is k1, and no visibility is set', () => {
    expect(readConfig(ENVIRONMENT)).toEqual({
      databaseUrl: ENVIRONMENT.DATABASE_URL,
      masterKey: KEY,
      maskKeyId: 'k1',
      queueUrl: null,
    });
  });

  test('may name the key and the queue', () => {
    const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/login-queue';
    const config = readConfig({ ...ENVIRONMENT, MASK_KEY_ID: 'k7', QUEUE_URL: queueUrl });
    expect(config).toMatchObject({ maskKeyId: 'k7', queueUrl });
  });

  test('that are empty are as good as missing ones', () => {
    const config = readConfig({ ...ENVIRONMENT, MASK_KEY_ID: '', QUEUE_URL: '' });
    expect(config).toMatchObject({ maskKeyId: 'k1', queueUrl: null });
  });

  test.for(['postgres://db.example/logins', 'postgresql:///logins?host=/tmp'])('may have the database %s', (url) => {
    expect(readConfig({ ...ENVIRONMENT, DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  test.for(['http://127.0.0.1:4566/000000000000/q', 'https://sqs.example/q'])('may have the queue %s', (url) => {
    expect(readConfig({ ...ENVIRONMENT, QUEUE_URL: url }).queueUrl).toBe(url);
  });

  test('cannot be changed afterwards', () => {
    expect(Object.isFrozen(readConfig(ENVIRONMENT))).toBe(true);
  });
});

describe('a wrong setting is named', () => {
  test.for([
    ['DATABASE_URL', undefined],
    ['DATABASE_URL', ''],
    ['DATABASE_URL', 'db.example'],
    ['DATABASE_URL', 'mysql://db.example/logins'],
    ['DATABASE_URL', 'https://db.example/logins'],
    ['MASK_KEY', undefined],
    ['MASK_KEY', ''],
    ['MASK_KEY', 'sesame'],
    ['MASK_KEY', `hex:${'00'.repeat(32)}`],
    ['MASK_KEY', `hex:${KEY.toString('hex').slice(2)}`],
    ['MASK_KEY_ID', 'k0'],
    ['MASK_KEY_ID', '1'],
    ['MASK_KEY_ID', 'k1_'],
    ['QUEUE_URL', 'login-queue'],
    ['QUEUE_URL', 'arn:aws:sqs:us-east-1:000000000000:login-queue'],
  ] as const)('%s=%j', ([name, value]) => {
    const problems = problemsOf({ ...ENVIRONMENT, [name]: value });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
  });
});

describe('several wrong settings', () => {
  const wrong = {
    DATABASE_URL: 'mysql://writer:sesame@db.example/logins',
    MASK_KEY: 'hex:5e5a3e',
    MASK_KEY_ID: 'first-key',
    QUEUE_URL: 'ftp://files.example/q',
  };

  test('are all named at once', () => {
    expect(problemsOf(wrong).map((problem) => problem.split(' ')[0])).toEqual(Object.keys(wrong));
    expect(problemsOf({})).toHaveLength(2);
  });

  test('are listed in the message', () => {
    expect(() => readConfig(wrong)).toThrow(/DATABASE_URL.*MASK_KEY .*MASK_KEY_ID.*QUEUE_URL/s);
  });

  test('have no value in the message', () => {
    const text = problemsOf(wrong).join('\n');
    for (const secret of ['mysql', 'sesame', 'db.example', '5e5a3e', 'first-key', 'files.example']) {
      expect(text).not.toContain(secret);
    }
  });
});
