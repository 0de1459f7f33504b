import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRecover } from '../../lambda/recover-handler.ts';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { TEST_LAYER_KEY, TEST_MASK_KEY } from '../support/function.ts';
import { KMS_VAULT_KEY, startKms } from '../support/kms.ts';
import { type ProgramResult, runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { VAULT_KEYS, withVault } from '../support/vault.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'login-etl-recover-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));
/** Values that stand nowhere else, so that finding one in any output is finding a leak. */
const CANARY = { ip: '203.0.113.201', device: 'canary-device-815', text: 'canary no address' };

let database: TestDatabase;
let out: string;
let files = 0;
let pseudonyms: { ip: string; text: string; device: string };

beforeEach(async () => {
  database = await createDatabase();
  out = join(FOLDER, `found-${files++}.jsonl`);
  await withVault(database.writerUrl).invoke([
    sqsRecord({ ...VALID_BODY, user_id: '1', ip: CANARY.ip, device_id: CANARY.device }),
    sqsRecord({ ...VALID_BODY, user_id: '2', ip: CANARY.text, device_id: null }),
  ]);
  const rows = await database.query('select masked_ip, masked_device_id from user_logins order by user_id');
  pseudonyms = { ip: rows[0]?.masked_ip, device: rows[0]?.masked_device_id, text: rows[1]?.masked_ip };
});

async function recover(args: string[], env: Record<string, string> = {}): Promise<ProgramResult> {
  const settings = { DATABASE_URL: database.recovererUrl, VAULT_PRIVATE_KEY: VAULT_KEYS.privateFile, ...env };
  const result = await runLoginEtl(['recover', '--reason', 'case 4711', '--out', out, '--json', ...args], {
    env: settings,
  });
  expect(result.stdout + result.stderr).not.toMatch(/203\.0\.113|canary/);
  return result;
}

const found = () =>
  readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const fileOf = (...lines: string[]) => {
  const file = join(FOLDER, `asked-${files++}`);
  writeFileSync(file, lines.join('\n'));
  return file;
};

describe('what is sealed', () => {
  test('opens into a new file of its owner alone, and who asked is written down', async () => {
    const { exitCode, json } = await recover(['--field', 'ip', '--file', fileOf(pseudonyms.ip, pseudonyms.text)]);
    expect({ exitCode, ...json }).toMatchObject({ exitCode: 0, file: out, recovered: 2, unknown: [], mismatched: [] });
    const month = new Date().toISOString().slice(0, 7);
    expect(found()).toEqual([
      { pseudonym: pseudonyms.ip, value: CANARY.ip, month, verified: null },
      { pseudonym: pseudonyms.text, value: CANARY.text, month, verified: null },
    ]);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const audit = await database.query(
      'select id, db_user, reason, pseudonyms, caller is not null as known from recover_audit',
    );
    const asked = [pseudonyms.ip, pseudonyms.text];
    expect(audit).toEqual([
      { id: json.auditId, db_user: 'login_recoverer', reason: 'case 4711', pseudonyms: asked, known: true },
    ]);
  });

  test('is verified if the mask keys are set', async () => {
    const { exitCode } = await recover(['--field', 'device_id', '--pseudonym', pseudonyms.device], {
      MASK_KEY: TEST_MASK_KEY,
    });
    expect(exitCode).toBe(0);
    expect(found()).toMatchObject([{ value: CANARY.device, verified: true }]);
  });

  test('but was moved or flipped is reported by exit code 5', async () => {
    await database.query(
      "update vault set sealed = set_byte(sealed, 0, get_byte(sealed, 0) # 1) where replace(pseudonym::text, '-', '') = $1",
      [pseudonyms.ip.slice(3)],
    );
    const { exitCode, json } = await recover(['--field', 'ip', '--pseudonym', pseudonyms.ip], {
      MASK_KEY: TEST_MASK_KEY,
    });
    expect({ exitCode, mismatched: json.mismatched }).toEqual({ exitCode: 5, mismatched: [pseudonyms.ip] });
    expect(found()).toMatchObject([{ verified: false }]);
  });

  test('opens by a key in KMS, one call for each batch', async () => {
    const kms = await startKms(TEST_MASK_KEY, TEST_LAYER_KEY, VAULT_KEYS.privatePem);
    const env = { VAULT_PRIVATE_KEY: '', VAULT_KMS_KEY: KMS_VAULT_KEY };
    const { exitCode } = await recover(['--field', 'ip', '--file', fileOf(pseudonyms.ip, pseudonyms.text)], env);
    expect(exitCode).toBe(0);
    expect(found().map(({ value }) => value)).toEqual([CANARY.ip, CANARY.text]);
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['Decrypt']);
    kms.failWith({ error: 'AccessDeniedException' });
    out = `${out}.2`;
    const refused = await recover(['--field', 'ip', '--pseudonym', pseudonyms.ip], env);
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/policy of the key/) });
  });
});

describe('the function of a stage', () => {
  const ask = (request: object) => {
    const env = { DATABASE_URL: database.recovererUrl, VAULT_KMS_KEY: KMS_VAULT_KEY };
    return createRecover(env)({ field: 'ip', reason: 'case 1', caller: 'somebody', ...request });
  };

  test('opens with its own right and key, leaves an entry, and says nothing in its log', async () => {
    await startKms(TEST_MASK_KEY, TEST_LAYER_KEY, VAULT_KEYS.privatePem);
    const log = vi.spyOn(console, 'info');
    const { values, auditId } = await ask({ pseudonyms: [pseudonyms.ip] });
    expect(values).toMatchObject([{ pseudonym: pseudonyms.ip, value: CANARY.ip, verified: null }]);
    const entries = await database.query('select caller, db_user from recover_audit where id = $1', [auditId]);
    expect(entries).toEqual([{ caller: 'somebody', db_user: 'login_recoverer' }]);
    expect(JSON.stringify(log.mock.calls)).toContain('recover');
    expect(JSON.stringify(log.mock.calls)).not.toContain(CANARY.ip);
    log.mockRestore();
  });

  test.for([
    { pseudonyms: [] },
    { pseudonyms: ['k1_x'] },
    { pseudonyms: Array(1_001).fill(`k1_${'0'.repeat(32)}`) },
    { pseudonyms: [`k1_${'0'.repeat(32)}`], reason: ' ' },
    { pseudonyms: [`k1_${'0'.repeat(32)}`], field: 'user_id' },
    { pseudonyms: [`k1_${'0'.repeat(32)}`], caller: null },
  ])('refuses what no command asks for (%#)', async (request) => {
    await expect(ask(request)).rejects.toThrow('does not know this request');
  });
});

describe('what is not there', () => {
  test('is unknown: of another field, never seen, erased, or under an older key', async () => {
    const never = `k1_${'0'.repeat(32)}`;
    const other = pseudonyms.device.replace('k1_', 'k9_');
    const { exitCode, json, stdout } = await recover([
      '--field',
      'ip',
      '--file',
      fileOf(pseudonyms.device, never, other),
    ]);
    expect(exitCode).toBe(3);
    expect(json).toMatchObject({ file: null, recovered: 0, unknown: [pseudonyms.device, never, other] });
    expect(json.older).toEqual({ pseudonyms: [other], kid: 'k1' });
    expect(stdout).not.toContain('BEGIN');
    expect(() => statSync(out)).toThrow();
  });

  test('leaves its entry in the audit all the same, before anything is read', async () => {
    await database.query('drop table vault');
    const { exitCode } = await recover(['--field', 'ip', '--pseudonym', pseudonyms.ip]);
    expect(exitCode).toBe(1);
    expect(await database.query('select from recover_audit')).toHaveLength(1);
    expect(() => statSync(out)).toThrow();
  });
});

describe('who may not', () => {
  test.each(['writerUrl', 'analystUrl', 'eraserUrl', 'rekeyerUrl'] as const)('%s is told who may', async (role) => {
    const { exitCode, stderr } = await recover(['--field', 'ip', '--pseudonym', pseudonyms.ip], {
      DATABASE_URL: database[role],
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringContaining("login_recoverer and the database's owner"),
    });
    expect(await database.query('select from recover_audit')).toEqual([]);
  });

  test('another private key is named, and opens nothing', async () => {
    const other = join(FOLDER, `other-${files++}`);
    await runLoginEtl(['vault', 'new-key', '--out', other]);
    const { exitCode, stderr } = await recover(['--field', 'ip', '--pseudonym', pseudonyms.ip], {
      VAULT_PRIVATE_KEY: join(other, 'vault-private.pem'),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(VAULT_KEYS.key.name) });
  });

  test.each([
    'delete from vault',
    'update vault set seq = 0',
    'select * from user_logins',
    'select * from mask_keys',
    'select reason from recover_audit',
    'delete from recover_audit',
    "insert into recover_audit (reason, pseudonyms, db_user) values ('because', '{}', 'somebody')",
    "insert into recover_audit (reason, pseudonyms, at) values ('because', '{}', now())",
  ])('the recoverer may not: %s', async (sql) => {
    const client = await connectTo(database.recovererUrl);
    await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a command line that makes no sense changes nothing', () => {
  test.each([
    [['--pseudonym', 'k1_12'], 2, /not a pseudonym/],
    [['--pseudonym', CANARY.device], 2, /not a pseudonym/],
    [[], 2, /either --pseudonym or --file/],
    [['--file', '/nowhere'], 2, /cannot be read/],
    [['--pseudonym', `k1_${'0'.repeat(32)}`, '--reason', ' a '], 2, /3 to 500/],
    [['--pseudonym', `k1_${'0'.repeat(32)}`, '--out', FOLDER], 1, /exists already/],
  ])('%j', async (args, exitCode, said) => {
    expect(await recover(['--field', 'ip', ...args])).toMatchObject({ exitCode, stderr: expect.stringMatching(said) });
    expect(await database.query('select from recover_audit')).toEqual([]);
  });

  test('more than a thousand only with --more, at a terminal, after their number was typed', async () => {
    const many = fileOf(...Array.from({ length: 1_001 }, (_, i) => `k1_${`${i}`.padStart(32, '0')}`));
    const args = ['--field', 'ip', '--file', many];
    expect(await recover(args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('at most 1,000') });
    expect(await recover([...args, '--more', '1001'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('terminal'),
    });
    const env = { DATABASE_URL: database.recovererUrl, VAULT_PRIVATE_KEY: VAULT_KEYS.privateFile };
    const typing = (typed: string) =>
      runLoginEtl(['recover', '--reason', 'case', '--out', out, '--more', '1001', ...args], { env, typed });
    expect(await typing('yes\n')).toMatchObject({ exitCode: 1 });
    expect(await database.query('select from recover_audit')).toEqual([]);
    expect(await typing('1001\n')).toMatchObject({ exitCode: 3 });
  });
});
