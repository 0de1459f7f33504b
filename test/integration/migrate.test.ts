import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { createDatabase, untilWaiting } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { GIVEN_TABLE } from '../support/given-table.ts';
import { startOwnServer } from '../support/own-server.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const ALL = readdirSync('lambda/store/schema/migrations').map((file) => file.replace('.sql', ''));

const ROLES = [
  'login_writer',
  'login_analyst',
  'login_maintainer',
  'login_rekeyer',
  'login_recoverer',
  'login_eraser',
  'login_adopter',
];

describe('the migrations', () => {
  test('make the columns exactly as they were asked for', async () => {
    const database = await createDatabase('empty');
    expect(await migrate(database.url)).toEqual(ALL);
    const columns = await database.query(`
      select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as not_null
      from pg_attribute where attrelid = 'user_logins'::regclass and attnum between 1 and 7 order by attnum`);
    expect(columns).toEqual([
      { name: 'user_id', type: 'character varying(128)', not_null: false },
      { name: 'device_type', type: 'character varying(32)', not_null: false },
      { name: 'masked_ip', type: 'character varying(256)', not_null: false },
      { name: 'masked_device_id', type: 'character varying(256)', not_null: false },
      { name: 'locale', type: 'character varying(32)', not_null: false },
      { name: 'app_version', type: 'integer', not_null: false },
      { name: 'create_date', type: 'date', not_null: false },
    ]);
  });

  test('do nothing the second time', async () => {
    const database = await createDatabase('empty');
    await migrate(database.url);
    expect(await migrate(database.url)).toEqual([]);
  });

  test('of an older release leave a newer schema alone', async () => {
    const database = await createDatabase('empty');
    await migrate(database.url);
    const newer = "insert into login_etl_migrations (name, run_on) values ('000099_of-a-newer-release', now())";
    await database.query(newer);
    expect(await migrate(database.url)).toEqual([]);
  });

  test('run once when they are started from four places at once', async () => {
    const database = await createDatabase('empty');
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    expect(applied.flat()).toEqual(ALL);
  });

  test('run for four databases of one server at once', async () => {
    const databases = await Promise.all(Array.from({ length: 4 }, () => createDatabase('empty')));
    const applied = await Promise.all(databases.map(({ url }) => migrate(url)));
    expect(applied).toEqual(Array(4).fill(ALL));
  });

  test('adopt an existing table, with its rows', async () => {
    const database = await createDatabase('empty');
    await database.query(GIVEN_TABLE);
    await database.query("insert into user_logins (user_id) values ('from before')");
    await migrate(database.url);
    await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
    expect(await database.query('select user_id from user_logins')).toEqual([
      { user_id: 'from before' },
      { user_id: VALID_BODY.user_id },
    ]);
  });

  test.each([
    ['device_type varchar(32)', 'device_type varchar(64)'],
    ['masked_ip varchar(256)', 'masked_ip text'],
    ['masked_ip varchar(256)', 'masked_ip varchar'],
    ['create_date date', 'create_date date, extra text'],
    ['user_id varchar(128)', 'id serial primary key, user_id varchar(128)'],
    ['user_id varchar(128)', 'id bigint generated always as identity, user_id varchar(128)'],
    ['create_date date', 'create_date date, created_at timestamptz not null default now()'],
    ['create_date date', 'create_date date, length integer generated always as (length(user_id)) stored'],
  ])('adopt a table in which %j is %j', async (wanted, actual) => {
    const database = await createDatabase('empty');
    await database.query(GIVEN_TABLE.replace(wanted, actual));
    await migrate(database.url);
    const { outcomes } = await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
    expect(outcomes).toEqual(['stored']);
  });

  test.each([
    [
      'device_type varchar(32)',
      'device_type varchar(31)',
      'device_type is character varying(31), not character varying(32)',
    ],
    ['device_type varchar(32)', 'device_type char(32)', 'device_type is character(32), not character varying(32)'],
    ['locale varchar(32), ', '', 'locale is missing, not character varying(32)'],
    ['app_version integer', 'app_version bigint', 'app_version is bigint, not integer'],
    ['create_date date', 'create_date timestamp', 'create_date is timestamp without time zone, not date'],
    ['create_date date', 'create_date date, extra text not null', 'extra is not null and has no default'],
  ])('stop at a table in which %j is %j, and change nothing', async (wanted, actual, difference) => {
    const database = await createDatabase('empty');
    await database.query(GIVEN_TABLE.replace(wanted, actual));
    await expect(migrate(database.url)).rejects.toThrow(difference);
    expect(await database.query("select to_regclass('ingest_ledger') as ledger")).toEqual([{ ledger: null }]);
  });

  test('refuse a database that is not in UTF8', async () => {
    const database = await createDatabase('empty', "encoding 'SQL_ASCII'");
    await expect(migrate(database.url)).rejects.toThrow('must be in UTF8');
  });

  test('accept that the migration of another database makes a role at the same moment', async () => {
    const server = await startOwnServer();
    await server.query('create database one');
    await server.query('begin');
    await server.query('create role login_writer login');
    const migrating = migrate(server.urlOf('one'));
    await untilWaiting(1, server.urlOf('one'), server.query);
    await server.query('commit');
    expect(await migrating).toEqual(ALL);
  });

  test('say what is missing when they may not create the roles', async () => {
    const server = await startOwnServer();
    await server.query("create role plain_owner login password 'x'");
    await server.query('create database plain owner plain_owner');
    const url = Object.assign(new URL(server.urlOf('plain')), { username: 'plain_owner', password: 'x' });
    for (const role of ROLES) {
      await expect(migrate(url.href)).rejects.toThrow(`let an administrator run "create role ${role} login"`);
      await server.query(`create role ${role} login`);
    }
    expect(await migrate(url.href)).toEqual(ALL);
  });
});
