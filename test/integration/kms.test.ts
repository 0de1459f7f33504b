import { beforeEach, describe, expect, test } from 'vitest';
import { LAYER_KEY_INFO, ROOT_KEY_INFO } from '../../lambda/masking/mask-keys.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction, TEST_LAYER_KEY, TEST_MASK_KEY, type TestFunction } from '../support/function.ts';
import { KMS_KEY, KMS_LAYER_KEY, type Kms, startKms } from '../support/kms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const PURPOSES = [
  ...Object.values(ROOT_KEY_INFO).map((info) => `${KMS_KEY} ${info}`),
  ...Object.values(LAYER_KEY_INFO).map((info) => `${KMS_LAYER_KEY} ${info}`),
];

let kms: Kms;
let database: TestDatabase;
let lambda: TestFunction;

const ENV_WITH_KMS = { MASK_KEY: '', MASK_KMS_KEY: KMS_KEY, MASK_LAYER_KMS_KEY: KMS_LAYER_KEY };
const createWithKms = (env: Record<string, string> = {}) =>
  createFunction(database.writerUrl, { ...ENV_WITH_KMS, ...env });

beforeEach(async () => {
  kms = await startKms(TEST_MASK_KEY);
  database = await createDatabase();
  lambda = createWithKms();
});

/** A message to store and one to reject. */
const mixedBatch = () => [sqsRecord(VALID_BODY), sqsRecord('no JSON')];

async function expectNothingWritten(): Promise<void> {
  for (const table of ['user_logins', 'ingest_ledger', 'mask_keys']) {
    expect(await database.query(`select from ${table}`)).toEqual([]);
  }
}

describe('keys from KMS', () => {
  test('give the pseudonyms and the check value of the master that was imported there', async () => {
    const bodies = [
      VALID_BODY,
      { ...VALID_BODY, ip: '2001:DB8::1', device_id: 'ÄÖ' },
      { ...VALID_BODY, ip: 'unknown' },
    ];
    const rows = 'select masked_ip, masked_device_id from user_logins order by 1, 2';
    expect((await lambda.invoke(bodies.map((body) => sqsRecord(body)))).outcomes).toEqual(Array(3).fill('stored'));
    const fromKms = await database.query(rows);
    await database.query('truncate user_logins');
    const withMaster = createFunction(database.writerUrl, { MASK_LAYER_KEY: TEST_LAYER_KEY });
    expect((await withMaster.invoke(bodies.map((body) => sqsRecord(body)))).outcomes).toEqual(Array(3).fill('stored'));
    expect(await database.query(rows)).toEqual(fromKms);
    expect(fromKms).toHaveLength(3);
  });

  test('are asked for once, each for its own purpose, however many batches there are', async () => {
    await Promise.all([lambda.invoke(mixedBatch()), lambda.invoke(mixedBatch())]);
    await lambda.invoke(mixedBatch());
    const asked = kms.calls.map(({ input }) => `${input.KeyId} ${Buffer.from(`${input.Message}`, 'base64')}`);
    expect(asked.sort()).toEqual(PURPOSES.map((purpose) => `${purpose}\x01`).sort());
  });

  test.for([
    ['root', 'The mask key', TEST_MASK_KEY.replace('9', '8'), TEST_LAYER_KEY],
    ['k1', 'The layer key', TEST_MASK_KEY, TEST_LAYER_KEY.replace('b', '8')],
  ] as const)('of another %s are refused by the database that knows the first', async ([name, key, root, layer]) => {
    await lambda.invoke(mixedBatch());
    await startKms(root, layer);
    const invoked = createWithKms().invoke(mixedBatch());
    await expect(invoked).rejects.toMatchObject({ name: 'KeyMismatchError' });
    await expect(invoked).rejects.toThrow(new RegExp(`^${key} is not the one that this database knows as "${name}"`));
    expect(await database.query('select from user_logins')).toHaveLength(1);
  });

  test('serve for both if the first key id has no layer key, and can be a mixture', async () => {
    await createWithKms({ MASK_LAYER_KMS_KEY: '' }).invoke([sqsRecord(VALID_BODY)]);
    await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
    expect(await database.query('select distinct masked_ip from user_logins')).toHaveLength(1);
    await database.query('truncate user_logins, mask_keys');
    const mixed = { MASK_LAYER_KMS_KEY: '', MASK_LAYER_KEY: TEST_LAYER_KEY };
    await createWithKms(mixed).invoke([sqsRecord(VALID_BODY)]);
    await createWithKms().invoke([sqsRecord(VALID_BODY)]);
    expect(await database.query('select distinct masked_ip from user_logins')).toHaveLength(1);
  });
});

describe('an outage of KMS', () => {
  /** Valid messages wait, invalid ones are rejected, nothing is written; then all is well without a new environment. */
  async function expectOutage(name: string): Promise<void> {
    const batch = mixedBatch();
    const failed = batch.map(({ messageId }) => messageId);
    const waiting = { failed, outcomes: [`retry kms ${name}`, 'rejected not_json'] };
    expect(await lambda.invoke(batch)).toEqual(waiting);
    await expectNothingWritten();
  }

  async function expectRecovery(): Promise<void> {
    expect((await lambda.invoke(mixedBatch())).outcomes).toEqual(['stored', 'rejected not_json']);
  }

  test.for([
    ['KMSInternalException', 500],
    ['DependencyTimeoutException', 503],
    ['KeyUnavailableException', 500],
    ['ThrottlingException', 400],
    ['AccessDeniedException', 400],
    ['DisabledException', 400],
    ['KMSInvalidStateException', 400],
    ['ExpiredTokenException', 400],
    ['UnrecognizedClientException', 400],
    ['NobodyHasHeardOfThisException', 418],
  ] as const)('%s (%i) costs time, and no message', async ([error, status]) => {
    kms.failWith({ error, status });
    await expectOutage(error);
    await expectOutage(error);
    kms.failWith(null);
    await expectRecovery();
  });

  test.for([ROOT_KEY_INFO.check, LAYER_KEY_INFO.block])(
    'that is in the way of %s alone is one of all, and leaves no call behind',
    async (info) => {
      kms.failWith({ error: 'DisabledException', info });
      kms.slowDown(200);
      await expectOutage('DisabledException');
      expect(kms.calls).toHaveLength(PURPOSES.length);
      expect(kms.answered()).toBe(PURPOSES.length);
      kms.failWith(null);
      await expectRecovery();
      expect(kms.calls).toHaveLength(2 * PURPOSES.length);
    },
  );

  test('with nobody there costs time, but no message', async () => {
    await kms.setMode('refuse');
    await expectOutage('ECONNREFUSED');
    await kms.setMode('up');
    await expectRecovery();
  });

  test('with no answer ends within seconds', async () => {
    await kms.setMode('hang');
    const startedAt = performance.now();
    await expectOutage('TimeoutError');
    expect(performance.now() - startedAt).toBeLessThan(40_000);
    await kms.setMode('up');
    await expectRecovery();
  });

  test('with an unusable answer costs time, but no message', async () => {
    await kms.setMode('garble');
    await expectOutage('SyntaxError');
    await kms.setMode('up');
    await expectRecovery();
  });

  test.for([0, 16, 31, 33, 64])('with a key of %i bytes costs time, but no message', async (bytes) => {
    kms.truncateTo(bytes);
    await expectOutage('WrongMacLength');
    kms.truncateTo(32);
    await expectRecovery();
  });
});

describe('a wrong key', () => {
  test.for(['MASK_KMS_KEY', 'MASK_LAYER_KMS_KEY'])(
    'in %s that KMS does not know fails the batch, and is not named',
    async (setting) => {
      const invoked = createWithKms({ [setting]: 'alias/of-nothing' }).invoke(mixedBatch());
      await expect(invoked).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringContaining(` ${setting} `),
      });
      await expect(invoked).rejects.not.toThrow('of-nothing');
      await expectNothingWritten();
    },
  );

  test.for(['InvalidKeyUsageException', 'ValidationException', 'InvalidArnException'])(
    '(%s) fails the batch, until it is mended',
    async (error) => {
      kms.failWith({ error });
      await expect(lambda.invoke(mixedBatch())).rejects.toMatchObject({ name: 'ConfigError' });
      await expectNothingWritten();
      kms.failWith(null);
      expect((await lambda.invoke(mixedBatch())).outcomes).toEqual(['stored', 'rejected not_json']);
    },
  );
});
