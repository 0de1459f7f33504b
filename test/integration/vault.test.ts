import { describe, expect, test } from 'vitest';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction, TEST_LAYER_KEY, TEST_MASK_KEY } from '../support/function.ts';
import { KMS_KEY, KMS_VAULT_KEY, startKms } from '../support/kms.ts';
import { runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { openVault, VAULT_KEYS, vaultFlaws, withVault } from '../support/vault.ts';

const DAY = 86_400_000;
const login = (ip: string | null, device: string | null, options?: Parameters<typeof sqsRecord>[1]) =>
  sqsRecord({ ...VALID_BODY, ip, device_id: device }, options);

describe('with the vault on', () => {
  test('each value of a month is sealed once, by its kind, and opens as what was sent', async () => {
    const database = await createDatabase();
    const { invoke } = withVault(database.writerUrl);
    await invoke([login('192.0.2.1', 'a'), login('192.0.2.1', 'b'), login('not an ip', null), login(null, 'a')]);
    await invoke([login('::ffff:192.0.2.1', 'b'), login('192.0.2.2', 'a')]);
    const values = await openVault(database);
    expect(values.map(({ field, value }) => `${field} ${value}`).sort()).toEqual([
      '1 192.0.2.1',
      '1 192.0.2.2',
      '2 a',
      '2 b',
      '3 not an ip',
    ]);
    await expectWhole(database);
    expect(await database.query('select count(*)::integer from vault_batches')).toEqual([{ count: 2 }]);
  });

  test('nothing new needs no batch, and another function environment adds none', async () => {
    const database = await createDatabase();
    const [one, other] = [withVault(database.writerUrl), withVault(database.writerUrl)];
    for (const { invoke } of [one, one, other]) await invoke([login('192.0.2.1', 'a')]);
    expect(await database.query('select from vault_batches')).toHaveLength(1);
    expect(await database.query('select from vault')).toHaveLength(2);
  });

  test('each month has its own sealed values, by the day on which the message was sent', async () => {
    const database = await createDatabase();
    const { invoke } = withVault(database.writerUrl);
    const now = Date.now();
    const times = [now, now - 31 * DAY].map((sentAt) => login('192.0.2.1', 'a', { sentAt }));
    expect((await invoke(times)).outcomes).toEqual(['stored', 'stored']);
    const rows = await database.query(
      "select distinct date_trunc('month', create_date)::date::text as month from user_logins",
    );
    const sealed = await database.query('select distinct month::text from vault');
    expect(sealed.map(({ month }) => month).sort()).toEqual(rows.map(({ month }) => month).sort());
    expect(sealed).toHaveLength(2);
    await expectWhole(database);
  });

  test('a message that is known adds nothing, one beside it does', async () => {
    const database = await createDatabase();
    const known = login('192.0.2.1', 'a');
    await createFunction(database.writerUrl).invoke([known]);
    const { outcomes } = await withVault(database.writerUrl).invoke([known, login('192.0.2.2', 'b')]);
    expect(outcomes).toEqual(['duplicate', 'stored']);
    expect((await openVault(database)).map(({ value }) => value).sort()).toEqual(['192.0.2.2', 'b']);
  });

  test('a batch that is split seals what is stored, and that alone', async () => {
    const database = await createDatabase();
    await database.query("alter table user_logins add check (user_id <> 'poison')");
    const { invoke } = withVault(database.writerUrl);
    const poison = sqsRecord({ ...VALID_BODY, user_id: 'poison', ip: '192.0.2.9', device_id: 'of poison' });
    const good = Array.from({ length: 40 }, (_, i) => login(`192.0.2.${i % 7}`, `d${i}`));
    const { outcomes } = await invoke([...good.slice(0, 13), poison, ...good.slice(13)]);
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(40);
    await expectWhole(database);
    expect((await openVault(database)).map(({ value }) => value)).not.toContain('of poison');
  });

  test('a constraint of the vault refuses no message: all wait', async () => {
    const database = await createDatabase();
    await database.query('alter table vault add constraint none check (field = 0)');
    const { outcomes } = await withVault(database.writerUrl).invoke([login('192.0.2.1', 'a'), login(null, null)]);
    expect(outcomes).toEqual(Array(2).fill('retry database 23514'));
    expect(await database.query('select from user_logins')).toEqual([]);
  });

  test('a month that is closed gets no value', async () => {
    const database = await createDatabase();
    await database.query("insert into vault_closed_months values (date_trunc('month', now() at time zone 'UTC'))");
    expect((await withVault(database.writerUrl).invoke([login('192.0.2.1', 'a')])).outcomes).toEqual(['stored']);
    expect(await database.query('select from vault union all select from vault_batches')).toEqual([]);
  });

  test('an erasure empties what a function environment remembers as sealed', async () => {
    const database = await createDatabase();
    const { invoke } = withVault(database.writerUrl);
    await invoke([login('192.0.2.1', 'a')]);
    await database.query('delete from vault');
    await invoke([login('192.0.2.1', 'a')]);
    expect(await database.query('select from vault')).toEqual([]);
    await database.query('select begin_erasure()');
    await invoke([login('192.0.2.1', 'a')]);
    expect(await database.query('select from vault')).toHaveLength(2);
  });

  test('an aborted write leaves nothing in the memory of what is sealed', async () => {
    const database = await createDatabase();
    const { invoke } = withVault(database.writerUrl);
    await invoke([login('192.0.2.7', 'z')]);
    await database.query('revoke insert on vault_batches from login_writer');
    const message = login('192.0.2.1', 'a');
    expect((await invoke([message])).outcomes).toEqual(['retry database 42501']);
    expect(await database.query('select from user_logins where user_id = $1', [VALID_BODY.user_id])).toHaveLength(1);
    await database.query('grant insert on vault_batches to login_writer');
    expect((await invoke([message])).outcomes).toEqual(['stored']);
    await expectWhole(database);
  });

  test('a rotation moves its values along, and they open as before', async () => {
    const database = await createDatabase();
    const next = { MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_LAYER_KEY };
    const { invoke } = withVault(database.writerUrl, next);
    const batch = (from: number) =>
      Array.from({ length: 60 }, (_, i) =>
        login(i % 9 === 0 ? `text ${i}` : `192.0.2.${from + i}`, `device ${from + i}`),
      );
    await invoke(batch(0));
    const before = await openVault(database);
    const env = {
      DATABASE_URL: database.rekeyerUrl,
      MASK_LAYER_KEY: TEST_MASK_KEY,
      MASK_NEXT_LAYER_KEY: TEST_LAYER_KEY,
    };
    await Promise.all([
      runLoginEtl(['rekey', '--to', 'k2', '--json'], { env }).then(({ json }) => expect(json.outcome).toBe('done')),
      invoke(batch(30)),
    ]);
    await invoke(batch(60));
    const after = await openVault(database);
    expect(after.every(({ pseudonym }) => pseudonym.startsWith('k2'))).toBe(true);
    expect(after.map(({ value }) => value)).toEqual(expect.arrayContaining(before.map(({ value }) => value)));
    await expectWhole(database);
  });

  test('the settings and the table before it are as they were: off, nothing is sealed', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl).invoke([login('192.0.2.1', 'a')]);
    expect(await database.query('select from vault union all select from vault_batches')).toEqual([]);
  });
});

describe('a vault key in KMS', () => {
  const settings = { VAULT_PUBLIC_KEY: '', VAULT_KMS_KEY: KMS_VAULT_KEY };

  test('is asked for its public half once, and what it sealed opens', async () => {
    const database = await createDatabase();
    const kms = await startKms(TEST_MASK_KEY, TEST_LAYER_KEY, VAULT_KEYS.privatePem);
    const { invoke } = withVault(database.writerUrl, settings);
    for (const device of ['a', 'b']) await invoke([login('192.0.2.1', device)]);
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['GetPublicKey']);
    await expectWhole(database);
  });

  test('that does not answer is an outage: nothing is written until it does', async () => {
    const database = await createDatabase();
    const kms = await startKms(TEST_MASK_KEY, TEST_LAYER_KEY, VAULT_KEYS.privatePem);
    const { invoke } = withVault(database.writerUrl, settings);
    kms.failWith({ error: 'AccessDeniedException' });
    const message = login('192.0.2.1', 'a');
    expect((await invoke([message])).outcomes).toEqual(['retry kms AccessDeniedException']);
    expect(await database.query('select from user_logins')).toEqual([]);
    kms.failWith(null);
    expect((await invoke([message])).outcomes).toEqual(['stored']);
    await expectWhole(database);
  });

  test.each(['alias/none', KMS_KEY])('that %s does not name is a wrong setting', async (name) => {
    await startKms(TEST_MASK_KEY);
    const { invoke } = withVault('postgres://nobody@127.0.0.1:1/none', { ...settings, VAULT_KMS_KEY: name });
    await expect(invoke([login('192.0.2.1', 'a')])).rejects.toThrow(/VAULT_KMS_KEY (names no key|must be an RSA key)/);
  });
});

test.each([
  'select * from vault',
  'select month from vault',
  'select sealed from vault',
  'update vault set seq = 0',
  'delete from vault',
  'select * from vault_batches',
  'select wrapped from vault_batches',
  'delete from vault_batches',
  'insert into vault_closed_months values (now())',
  'select * from recover_audit',
  'select begin_erasure()',
  "insert into recover_audit (reason, pseudonyms) values ('because', '{}')",
])('the writer may not: %s', async (sql) => {
  const client = await connectTo((await createDatabase()).writerUrl);
  await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
});

async function expectWhole(database: TestDatabase): Promise<void> {
  expect(await vaultFlaws(database)).toEqual([]);
}
