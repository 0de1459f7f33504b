import { beforeAll, describe, expect, test } from 'vitest';
import { createMaintenance } from '../../lambda/maintain-handler.ts';
import { connectTo, createDatabase, openDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const DENIED = { code: '42501' };

/** For what changes nothing, or may not. */
let untouched: TestDatabase;
beforeAll(async () => {
  const database = await openDatabase();
  untouched = database;
  return database.drop;
});

describe('the writer', () => {
  test('can do what the function does', async () => {
    const database = await createDatabase();
    const { outcomes } = await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
    expect(outcomes).toEqual(['stored']);
  });

  test.each([
    'select * from user_logins',
    'select masked_ip from user_logins',
    'update user_logins set locale = null',
    'delete from user_logins',
    'truncate user_logins',
    'select sent_at from ingest_ledger',
    'delete from ingest_ledger',
    'update ingest_ledger set sent_at = now()',
    'update mask_keys set check_value = check_value',
    'delete from mask_keys',
    "update mask_state set kid = 'k2'",
    'call prune_ingest_ledger()',
    'select * from duplicate_ips',
    'select * from login_etl_migrations',
    'drop table user_logins',
    'alter table user_logins add column more text',
    'create role someone',
  ])('may not: %s', async (sql) => {
    const client = await connectTo(untouched.writerUrl);
    await expect(client.query(sql)).rejects.toMatchObject(DENIED);
  });
});

describe('the rekeyer', () => {
  test.each([
    'select user_id from user_logins',
    'update user_logins set user_id = null',
    'insert into user_logins default values',
    'delete from user_logins',
    'select * from ingest_ledger',
    "insert into mask_keys (name, check_value) values ('k9', '00000000')",
    "insert into mask_state (kid) values ('k9')",
    'delete from mask_state',
  ])('may not: %s', async (sql) => {
    const client = await connectTo(untouched.rekeyerUrl);
    await expect(client.query(sql)).rejects.toMatchObject(DENIED);
  });
});

describe('the analyst', () => {
  test('reads logins, duplicates, and versions as text', async () => {
    const database = await createDatabase();
    const twice = [sqsRecord(VALID_BODY), sqsRecord({ ...VALID_BODY, user_id: 'another' })];
    const alone = sqsRecord({ ...VALID_BODY, ip: null, device_id: null });
    const asText = Array.from({ length: 2 }, () => sqsRecord({ ...VALID_BODY, ip: 'not an address' }));
    await createFunction(database.writerUrl).invoke([
      ...twice,
      alone,
      sqsRecord({ ...VALID_BODY, ip: null }),
      ...asText,
    ]);
    const client = await connectTo(database.analystUrl);
    const logins = await client.query('select app_version_text(app_version) as version from user_logins');
    expect(logins.rows).toEqual(Array(6).fill({ version: '2.3.0' }));
    const ips = await client.query('select logins, users from duplicate_ips');
    expect(ips.rows).toEqual([{ logins: '2', users: '2' }]);
    const devices = await client.query('select logins, users from duplicate_devices');
    expect(devices.rows).toEqual([{ logins: '5', users: '2' }]);
  });

  test.each([
    'select * from ingest_ledger',
    'select * from mask_keys',
    'insert into user_logins default values',
    'update user_logins set locale = null',
    'delete from user_logins',
    'call prune_ingest_ledger()',
  ])('may not: %s', async (sql) => {
    const client = await connectTo(untouched.analystUrl);
    await expect(client.query(sql)).rejects.toMatchObject(DENIED);
  });
});

describe('the maintainer', () => {
  test('can do what the maintenance does', async () => {
    const database = await createDatabase();
    await database.query("insert into ingest_ledger select now() - interval '40 days', gen_random_uuid()");
    expect(await createMaintenance({ DATABASE_URL: database.maintainerUrl })()).toEqual({ deleted: 1 });
    expect(await database.query('select from ingest_ledger')).toEqual([]);
  });

  test.each([
    'select * from user_logins',
    'insert into user_logins default values',
    'delete from user_logins',
    'select * from mask_keys',
    'delete from mask_keys',
    'insert into ingest_ledger values (now(), gen_random_uuid())',
    'update ingest_ledger set sent_at = now()',
    'truncate ingest_ledger',
    'select * from duplicate_ips',
    'select * from login_etl_migrations',
    'drop table ingest_ledger',
    'drop procedure prune_ingest_ledger',
    'create role someone',
  ])('may not: %s', async (sql) => {
    const client = await connectTo(untouched.maintainerUrl);
    await expect(client.query(sql)).rejects.toMatchObject(DENIED);
  });
});

describe('app_version_text', () => {
  test.each([
    [2003000, '2.3.0'],
    [96000, '0.96.0'],
    [2000000, '2.0.0'],
    [4006, '0.4.6'],
    [0, '0.0.0'],
    [2146999999, '2146.999.999'],
    [null, null],
  ])('gives %s as %s', async (version, text) => {
    expect(await untouched.query('select app_version_text($1) as text', [version])).toEqual([{ text }]);
  });
});
