import { describe, expect, test } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';
import { createPseudonym } from '../../lambda/pseudonym-handler.ts';
import { capturedConsole } from '../support/captured-console.ts';
import { createDatabase } from '../support/database.ts';
import { createFunction, TEST_LAYER_KEY, TEST_MASK_KEY, TEST_NEXT_LAYER_KEY } from '../support/function.ts';
import { KMS_KEY, KMS_LAYER_KEY, startKms } from '../support/kms.ts';
import { runLoginEtl } from '../support/program.ts';
import { maskDeviceId, maskIp } from '../support/pseudonyms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const OLD = { MASK_KEY: TEST_MASK_KEY, MASK_LAYER_KEY: TEST_LAYER_KEY };
const NEW = { MASK_KEY: TEST_MASK_KEY, MASK_KEY_ID: 'k2', MASK_LAYER_KEY: TEST_NEXT_LAYER_KEY };
const WINDOW = { ...OLD, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY };

const bytesOf = (key: string) => {
  const parsed = parseMasterKey(key);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.bytes;
};
const maskerOf = (kid: string, ...keys: [string, ...string[]]) =>
  createMasker(kid, deriveMaskKeys(...(keys.map(bytesOf) as [Uint8Array, ...Uint8Array[]])));
const [K1, K2] = [maskerOf('k1', TEST_MASK_KEY, TEST_LAYER_KEY), maskerOf('k2', TEST_MASK_KEY, TEST_NEXT_LAYER_KEY)];

const runPseudonym = (args: readonly string[], input: string, env: Record<string, string>) =>
  runLoginEtl(['pseudonym', '--field', ...args], { env, input });

describe('pseudonym', () => {
  test('gives what the function has stored for the value', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl, OLD).invoke([sqsRecord(VALID_BODY)]);
    const env = { ...OLD, DATABASE_URL: database.writerUrl };
    for (const [field, column] of [
      ['ip', 'masked_ip'],
      ['device_id', 'masked_device_id'],
    ] as const) {
      const { stdout, stderr, exitCode } = await runPseudonym([field], `${VALID_BODY[field]}\n`, env);
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      expect(await database.query(`select ${column} as pseudonym from user_logins`)).toEqual([
        { pseudonym: stdout.trim() },
      ]);
    }
  });

  test.each([
    ['ip', ' 2001:DB8::0:1, 10.0.0.1', maskIp('2001:db8::1', K1), ['ip_list']],
    ['ip', 'not an address', maskIp('not an address', K1), ['ip_text']],
    ['device_id', ' spaces are part of it ', maskDeviceId(' spaces are part of it ', K1), []],
    ['device_id', '4711', maskDeviceId('4711', K1), []],
  ])('%s: %j is taken as the function takes it', async (field, value, pseudonym, changes) => {
    const { json } = await runPseudonym([field, '--json'], value, OLD);
    expect(json).toEqual({ field, compared: false, pseudonyms: [pseudonym], changes });
  });

  test('gives both while layers are rotated', async () => {
    const { stdout } = await runPseudonym(['ip'], '192.0.2.7', WINDOW);
    expect(stdout).toBe(`${maskIp('192.0.2.7', K1)}\n${maskIp('192.0.2.7', K2)}\n`);
  });

  test.each([
    ['a value that is stored as null', 'ip', 'unknown', 1, 'stores null for this value (placeholder_ip)'],
    ['white space', 'ip', '   ', 1, 'stores null for this value'],
    ['a value that is refused', 'device_id', 'canary\0', 1, 'refuses such a value (bad_text device_id)'],
    ['nothing', 'ip', '\n', 2, 'Standard input holds no value.'],
    ['two values', 'ip', '192.0.2.7\n192.0.2.8\n', 2, 'more than one line'],
    ['a pseudonym', 'ip', `${maskIp('192.0.2.7', K1)}`, 2, 'is already a pseudonym'],
    ['a field in the clear', 'user_id', '5', 2, 'Allowed choices are ip, device_id'],
  ])('says so of %s, and does not quote it', async (_what, field, input, code, message) => {
    const { exitCode, stdout, stderr } = await runPseudonym([field], input, OLD);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/canary|192\.0\.2|k1_[0-9a-f]/);
  });

  test('is refused with keys that did not write the database', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl, OLD).invoke([sqsRecord(VALID_BODY)]);
    const env = { DATABASE_URL: database.writerUrl };
    const other = await runPseudonym(['ip'], '192.0.2.7', { ...OLD, MASK_LAYER_KEY: TEST_NEXT_LAYER_KEY, ...env });
    expect(other).toMatchObject({ exitCode: 1, stdout: '' });
    expect(other.stderr).toContain('The layer key is not the one');
    const unknown = await runPseudonym(['ip'], '192.0.2.7', { ...NEW, ...env });
    expect(unknown).toMatchObject({ exitCode: 1, stdout: '' });
    expect(unknown.stderr).toContain('None of these keys has ever written');
  });
});

describe('pseudonym --from', () => {
  test.each([
    ['an address', maskIp('192.0.2.7', K1), maskIp('192.0.2.7', K2)],
    ['text', maskIp('office', K1), maskIp('office', K2)],
  ])('gives what an old pseudonym of %s has become', async (_what, old, now) => {
    const { stdout, exitCode } = await runPseudonym(['ip', '--from', 'k1'], `${old}\n${TEST_LAYER_KEY}\n`, NEW);
    expect({ stdout, exitCode }).toEqual({ stdout: `${now}\n`, exitCode: 0 });
  });

  test('uses the root key if k1 had no layer key of its own', async () => {
    const old = maskIp('192.0.2.7', maskerOf('k1', TEST_MASK_KEY));
    const { stdout } = await runPseudonym(['ip', '--from', 'k1'], `${old}`, NEW);
    expect(stdout).toBe(`${maskIp('192.0.2.7', K2)}\n`);
  });

  test('takes the old layer key from KMS', async () => {
    await startKms(TEST_MASK_KEY);
    const old = maskIp('192.0.2.7', K1);
    const { stdout } = await runPseudonym(['ip', '--from', 'k1'], `${old}\n${KMS_LAYER_KEY}\n`, NEW);
    expect(stdout).toBe(`${maskIp('192.0.2.7', K2)}\n`);
    const wrong = await runPseudonym(['ip', '--from', 'k1'], `${old}\nalias/no-such-key\n`, NEW);
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrong.stderr).toContain('The old layer key names no key that KMS knows');
  });

  test.each([
    ['no pseudonym', 'canary\nhex:00', 'not a pseudonym under k1'],
    ['a pseudonym under another key', `${maskIp('192.0.2.7', K2)}\n${TEST_LAYER_KEY}`, 'not a pseudonym under k1'],
    ['no key', `${maskIp('192.0.2.7', K1)}\nhex:canary`, 'the old layer key, must be "hex:" or "base64:"'],
    ['three lines', `${maskIp('192.0.2.7', K1)}\n${TEST_LAYER_KEY}\nmore`, 'more than two lines'],
  ])('refuses %s', async (_what, input, message) => {
    const { exitCode, stdout, stderr } = await runPseudonym(['ip', '--from', 'k1'], input, NEW);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('canary');
  });

  test('needs a key for every id above k1', async () => {
    const { exitCode, stderr } = await runPseudonym(['ip', '--from', 'k2'], `${maskIp('192.0.2.7', K2)}`, OLD);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('The second line of standard input is missing: the layer key k2.');
  });
});

describe('the function for pseudonym', () => {
  test('gives what the command gives, by keys in KMS, and logs nothing of the value', async () => {
    const printed = capturedConsole();
    await startKms(TEST_MASK_KEY);
    const env = { MASK_KMS_KEY: KMS_KEY, MASK_LAYER_KMS_KEY: KMS_LAYER_KEY };
    const answer = await createPseudonym(env)({ field: 'ip', value: '198.51.100.77' });
    expect(answer).toEqual({ pseudonyms: [maskIp('198.51.100.77', K1)], changes: [] });
    expect(printed.join('\n')).toMatch(/pseudonym done/);
    expect(printed.join('\n')).not.toContain('198.51.100.77');
  });

  test.each([null, {}, { field: 'user_id', value: 'canary' }, { field: 'ip', value: ['canary'] }])(
    'refuses the request %j, and logs nothing of it',
    async (request) => {
      const printed = capturedConsole();
      await expect(createPseudonym(OLD)(request)).rejects.toThrow('does not know this request');
      expect(printed.join('\n')).not.toContain('canary');
    },
  );

  test('settings that are missing or wrong are named', async () => {
    capturedConsole();
    await expect(createPseudonym({})({ field: 'ip', value: '192.0.2.7' })).rejects.toMatchObject({
      name: 'ConfigError',
    });
  });
});
