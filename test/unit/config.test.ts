import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../lambda/errors.ts';
import { readConfig } from '../../lambda/settings/config.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { countingKey } from '../support/pseudonyms.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KEY = createHash('sha256').update('a key for tests').digest();
const LAYER_KEY = createHash('sha256').update('a layer key for tests').digest();
const LAYER = `hex:${LAYER_KEY.toString('hex')}`;
/** As the published vectors have them. */
const COUNTING = (first: number) => `hex:${Buffer.from(countingKey(first)).toString('hex')}`;
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
  test('are a database and a key; the key is k1 without a layer of its own, and no visibility is set', () => {
    expect(readConfig(ENVIRONMENT)).toEqual({
      database: { connectionString: ENVIRONMENT.DATABASE_URL },
      keys: { root: { master: KEY }, layer: null, kid: 'k1', next: null, isAdopted: false },
      vault: null,
      queueUrl: null,
      retryWaits: { firstSeconds: 30, longestSeconds: 600 },
    });
  });

  test('may name the key and the queue', () => {
    const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/login-queue';
    const config = readConfig({ ...ENVIRONMENT, MASK_KEY_ID: 'k9999', MASK_LAYER_KEY: LAYER, QUEUE_URL: queueUrl });
    expect(config).toMatchObject({ keys: { kid: 'k9999', layer: { master: LAYER_KEY } }, queueUrl });
  });

  test('may have the layer key of a rotation', () => {
    const next = { MASK_LAYER_KEY: LAYER, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KMS_KEY: 'alias/next' };
    expect(readConfig({ ...ENVIRONMENT, ...next }).keys).toMatchObject({
      kid: 'k1',
      next: { kid: 'k2', source: { kmsKeyId: 'alias/next' } },
    });
  });

  test.for([
    [{ MASK_NEXT_LAYER_KMS_KEY: 'alias/next' }, 'MASK_NEXT_KEY_ID is missing'],
    [{ MASK_NEXT_KEY_ID: 'k2' }, 'MASK_NEXT_LAYER_KEY is missing, and MASK_NEXT_KEY_ID names its id'],
    [{ MASK_NEXT_KEY_ID: 'k1', MASK_NEXT_LAYER_KMS_KEY: 'alias/next' }, 'are one id'],
    [{ MASK_NEXT_KEY_ID: 'next', MASK_NEXT_LAYER_KMS_KEY: 'alias/next' }, 'MASK_NEXT_KEY_ID must be k1'],
    [{ MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: LAYER, MASK_LAYER_KEY: LAYER }, 'is a key that is in use already'],
  ])('of a rotation are refused where they cannot work: %j', ([env, sentence]) => {
    expect(() => readConfig({ ...ENVIRONMENT, ...(env as Record<string, string>) })).toThrow(sentence as string);
  });

  test('that are empty are as good as missing ones', () => {
    const empty = {
      MASK_KEY_ID: '',
      MASK_KMS_KEY: '',
      MASK_LAYER_KEY: '',
      MASK_LAYER_KMS_KEY: '',
      QUEUE_URL: '',
      DATABASE_LOGIN: '',
    };
    expect(readConfig({ ...ENVIRONMENT, ...empty })).toEqual(readConfig(ENVIRONMENT));
  });

  test.for([
    'postgres://db.example/logins',
    'postgresql:///logins?host=/tmp',
    'postgres://writer:sesame@/logins?host=/tmp',
    'postgres://db.example/logins?sslmode=disable&options=-c%20search_path%3Dapp',
  ])('may have the database %s, which pg reads by itself', (url) => {
    const { database } = readConfig({ ...ENVIRONMENT, DATABASE_URL: url, DATABASE_LOGIN: 'password' });
    expect(database).toEqual({ connectionString: url });
  });

  test.for(['alias/login-etl', '1234abcd-12ab-34cd-56ef-1234567890ab', 'arn:aws:kms:eu-west-1:0:key/mrk-1'])(
    'may leave the key in KMS, as %s',
    (kmsKeyId) => {
      const { root } = readConfig({ ...ENVIRONMENT, MASK_KEY: '', MASK_KMS_KEY: kmsKeyId }).keys;
      expect(root).toEqual({ kmsKeyId });
      const { layer } = readConfig({ ...ENVIRONMENT, MASK_LAYER_KMS_KEY: kmsKeyId }).keys;
      expect(layer).toEqual({ kmsKeyId });
    },
  );

  test('may say that the table was adopted', () => {
    expect(readConfig({ ...ENVIRONMENT, MASK_ADOPTED: 'sha256' }).keys.isAdopted).toBe(true);
  });

  test.for(['http://127.0.0.1:4566/000000000000/q', 'https://sqs.example/q'])('may have the queue %s', (url) => {
    expect(readConfig({ ...ENVIRONMENT, QUEUE_URL: url }).queueUrl).toBe(url);
  });

  test('may say how long a message waits until it is tried again', () => {
    const { retryWaits } = readConfig({ ...ENVIRONMENT, RETRY_WAIT_SECONDS: '1', RETRY_WAIT_MAX_SECONDS: '20' });
    expect(retryWaits).toEqual({ firstSeconds: 1, longestSeconds: 20 });
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
    ['DATABASE_URL', 'postgres://db.example:port/logins'],
    ['DATABASE_LOGIN', 'IAM'],
    ['DATABASE_LOGIN', 'token'],
    ['MASK_KEY', undefined],
    ['MASK_KEY', ''],
    ['MASK_KEY', 'sesame'],
    ['MASK_KEY', `hex:${'00'.repeat(32)}`],
    ['MASK_KEY', `hex:${KEY.toString('hex').slice(2)}`],
    ['MASK_LAYER_KEY', 'sesame'],
    ['MASK_LAYER_KEY', COUNTING(0x20)],
    ['MASK_LAYER_KEY', COUNTING(0x40)],
    ['MASK_LAYER_KEY', ENVIRONMENT.MASK_KEY],
    ['MASK_KEY', COUNTING(0)],
    ['MASK_KEY_ID', 'k0'],
    ['MASK_KEY_ID', 'k10000'],
    ['MASK_KEY_ID', '1'],
    ['MASK_KEY_ID', 'k1_'],
    ['MASK_ADOPTED', 'true'],
    ['MASK_ADOPTED', 'SHA256'],
    ['RETRY_WAIT_SECONDS', '0'],
    ['RETRY_WAIT_SECONDS', '1.5'],
    ['RETRY_WAIT_SECONDS', 'soon'],
    ['RETRY_WAIT_SECONDS', '601'],
    ['RETRY_WAIT_MAX_SECONDS', '21601'],
    ['QUEUE_URL', 'login-queue'],
    ['QUEUE_URL', 'arn:aws:sqs:us-east-1:000000000000:login-queue'],
  ] as const)('%s=%j', ([name, value]) => {
    const problems = problemsOf({ ...ENVIRONMENT, [name]: value });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
  });
});

test('a missing key has no default, and the sentence says how to make one', () => {
  expect(problemsOf({ ...ENVIRONMENT, MASK_KEY: '' })).toEqual([
    'MASK_KEY is missing, and there is no default; make one with: echo hex:$(openssl rand -hex 32), or name a key of ' +
      'KMS in MASK_KMS_KEY.',
  ]);
});

test.for(['k2', 'k9999'])('%s has a layer key of its own', (maskKeyId) => {
  const problems = problemsOf({ ...ENVIRONMENT, MASK_KEY_ID: maskKeyId });
  expect(problems).toEqual([expect.stringMatching(/^MASK_LAYER_KEY is missing, and only k1 can do without;/)]);
});

test('one key of KMS is not root and layer at once', () => {
  const kms = { MASK_KEY: '', MASK_KMS_KEY: 'alias/login-etl', MASK_LAYER_KMS_KEY: 'alias/login-etl' };
  expect(problemsOf({ ...ENVIRONMENT, ...kms })).toEqual([
    expect.stringMatching(/^MASK_LAYER_KEY and MASK_KEY are one key/),
  ]);
});

test('two layer keys are one too many', () => {
  const problems = problemsOf({ ...ENVIRONMENT, MASK_LAYER_KEY: LAYER, MASK_LAYER_KMS_KEY: 'alias/login-etl' });
  expect(problems).toEqual([expect.stringMatching(/^MASK_LAYER_KEY and MASK_LAYER_KMS_KEY /)]);
});

test('two keys are one too many', () => {
  const problems = problemsOf({ ...ENVIRONMENT, MASK_KMS_KEY: 'alias/login-etl' });
  expect(problems).toEqual([expect.stringMatching(/^MASK_KEY and MASK_KMS_KEY /)]);
});

test.for(['sslrootcert', 'sslcert', 'sslkey'])('a file of %s that cannot be read is a wrong DATABASE_URL', (name) => {
  for (const path of ['/no/such/file', '/']) {
    const url = `${ENVIRONMENT.DATABASE_URL}?sslmode=verify-full&${name}=${path}`;
    expect(problemsOf({ ...ENVIRONMENT, DATABASE_URL: url })).toEqual([
      expect.stringMatching(new RegExp(`^DATABASE_URL .*${name}.* cannot be read`)),
    ]);
  }
});

describe('a password that is not percent-encoded', () => {
  const problemsOfPassword = (password: string) =>
    problemsOf({
      ...ENVIRONMENT,
      DATABASE_URL: `postgres://writer:${password}@db.example:5432/logins?sslmode=require`,
    });

  test.for(['se#same', 'se/same', 'se?same', 'se@/same', '1#2', '1/2', '1?2', '#', '/', '?', 'a/b?c#d@e'])(
    '%s is told so',
    (password) => {
      const [problem, ...others] = problemsOfPassword(password);
      expect(problem).toMatch(/^DATABASE_URL .* must be percent-encoded: %23 %2F %3F %40\.$/);
      expect(others).toEqual([]);
      expect(problem).not.toContain('same');
    },
  );

  test.for(['se%23same', 'se%2Fsame', 'se%3Fsame', 'se%40same', 'se@same', 'se:same'])('%s is read', (password) => {
    expect(problemsOfPassword(password)).toEqual([]);
  });

  test.for(['postgres://db.example/logins?user=a@b', 'postgres:///logins?host=/tmp&user=a@b'])('%s is read', (url) => {
    expect(problemsOf({ ...ENVIRONMENT, DATABASE_URL: url })).toEqual([]);
  });
});

describe('a login with a token', () => {
  const URL_FOR_TOKENS = 'postgres://writer@db.example:6432/logins?sslmode=verify-full';
  const problemsOfUrl = (url: string) => problemsOf({ ...ENVIRONMENT, DATABASE_LOGIN: 'iam', DATABASE_URL: url });

  test('has a password to ask for, and the rest from the URL', () => {
    const settings = { ...ENVIRONMENT, DATABASE_LOGIN: 'iam', DATABASE_URL: `${URL_FOR_TOKENS}&options=-c%20a%3Db` };
    const { database } = readConfig(settings);
    const parts = { user: 'writer', host: 'db.example', port: 6432, database: 'logins', options: '-c a=b', ssl: {} };
    expect(database).toMatchObject({ ...parts, password: expect.any(Function) });
    expect(database).not.toHaveProperty('connectionString');
  });

  test('trusts the authority that sslrootcert names, and no other', () => {
    const DATABASE_URL = `${URL_FOR_TOKENS}&sslrootcert=${import.meta.filename}`;
    const { database } = readConfig({ ...ENVIRONMENT, DATABASE_LOGIN: 'iam', DATABASE_URL });
    expect(database).toMatchObject({ ssl: { ca: readFileSync(import.meta.filename, 'utf8') } });
  });

  test.for([
    ['postgres://db.example/logins?sslmode=verify-full', 'must name the user'],
    ['postgres://writer@/logins?sslmode=verify-full', 'must name the host'],
    ['postgres://writer:sesame@db.example/logins?sslmode=verify-full', 'must have no password'],
    ['postgres://writer@db.example/logins?sslmode=verify-full&password=sesame', 'must have no password'],
    ['postgres://writer@db.example/logins', 'must say sslmode=verify-full'],
    ['postgres://writer@db.example/logins?sslmode=require', 'must say sslmode=verify-full'],
    ['postgres://writer@db.example/logins?ssl=true', 'must say sslmode=verify-full'],
    ['postgres://writer@db.example/logins?sslmode=verify-full&sslmode=no-verify', 'must say sslmode=verify-full'],
  ] as const)('refuses %s: it %s', ([url, problem]) => {
    expect(problemsOfUrl(url)).toEqual([`DATABASE_URL ${problem}, since DATABASE_LOGIN is iam.`]);
  });

  test('has all its problems told at once', () => {
    expect(problemsOfUrl('postgres:///logins?password=x')).toHaveLength(4);
  });
});

describe('several wrong settings', () => {
  const wrong = {
    DATABASE_LOGIN: 'open-sesame',
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
    expect(() => readConfig(wrong)).toThrow(/DATABASE_LOGIN.*DATABASE_URL.*MASK_KEY .*MASK_KEY_ID.*QUEUE_URL/s);
  });

  test('have no value in the message', () => {
    const text = problemsOf(wrong).join('\n');
    for (const secret of ['open-', 'mysql', 'sesame', 'db.example', '5e5a3e', 'first-key', 'files.example']) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('the key of the vault', () => {
  const pem = (type: 'spki' | 'pkcs8', modulusLength = 3072) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
    const key =
      type === 'spki' ? publicKey.export({ type, format: 'pem' }) : privateKey.export({ type, format: 'pem' });
    return key.toString();
  };
  const publicPem = pem('spki');

  test('is none by default, a public key in PEM, a file of it, or the name of one in KMS', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'vault-public.pem');
    writeFileSync(file, publicPem);
    const vaultOf = (env: Environment) => readConfig({ ...ENVIRONMENT, ...env }).vault;
    expect(vaultOf({})).toBeNull();
    const name = expect.stringMatching(/^[0-9a-f]{8}$/);
    expect(vaultOf({ VAULT_PUBLIC_KEY: publicPem })).toMatchObject({ name });
    expect(vaultOf({ VAULT_PUBLIC_KEY: file })).toEqual(vaultOf({ VAULT_PUBLIC_KEY: publicPem }));
    expect(vaultOf({ VAULT_KMS_KEY: 'alias/vault' })).toEqual({ kmsKeyId: 'alias/vault' });
  });

  test.each([
    [{ VAULT_PUBLIC_KEY: publicPem, VAULT_KMS_KEY: 'alias/vault' }, /two keys/],
    [{ VAULT_PUBLIC_KEY: '/nowhere/vault-public.pem' }, /neither PEM nor a file/],
    [{ VAULT_PUBLIC_KEY: pem('pkcs8') }, /is a private key/],
    [{ VAULT_PUBLIC_KEY: pem('spki', 2048) }, /RSA key of 3072 bits/],
    [{ VAULT_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----' }, /not a public key in PEM/],
  ])('is refused otherwise, and never quoted', (env, problem) => {
    const problems = problemsOf({ ...ENVIRONMENT, ...env });
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems[0]).not.toMatch(/nowhere|BEGIN|alias/);
  });
});
