import { expect, test } from 'vitest';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { GIVEN_TABLE } from '../support/given-table.ts';
import { MANY_LOGINS } from '../support/many-logins.ts';

async function asRole(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return (await (await connectTo(url)).query(sql)).rows;
}

async function databaseWithLogins(): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.query('select setseed(0.5)');
  await database.query(MANY_LOGINS, [4_000]);
  return database;
}

const SHARED = {
  shared_ips: `select masked_ip from duplicate_ips where users > 1`,
  shared_devices: `select masked_device_id from duplicate_devices where users > 1`,
};

test('the shared-value views stay empty until the maintainer refreshes them, and then agree with the plain views', async () => {
  const database = await databaseWithLogins();
  await expect(asRole(database.analystUrl, 'select * from shared_ips')).rejects.toMatchObject({ code: '55000' });
  await asRole(database.maintainerUrl, 'select refresh_login_views()');
  for (const [view, plain] of Object.entries(SHARED)) {
    const names = (await database.query(plain)).map((row) => Object.values(row)[0]).sort();
    const shared = await asRole(database.analystUrl, `select * from ${view}`);
    expect(names.length).toBeGreaterThan(1);
    expect(shared.map((row) => Object.values(row)[0]).sort()).toEqual(names);
  }
  const [{ sum } = {}] = await asRole(database.analystUrl, 'select sum(logins)::integer from logins_by_day');
  expect(sum).toBe(4_000);
});

test('a second refresh picks up new rows while somebody reads', async () => {
  const database = await databaseWithLogins();
  const maintainer = await connectTo(database.maintainerUrl);
  await maintainer.query('select refresh_login_views()');
  const reader = await connectTo(database.analystUrl);
  await reader.query('begin; select count(*) from shared_devices');
  await database.query(`insert into user_logins (user_id, masked_device_id) values ('a', 'k1_new'), ('b', 'k1_new')`);
  await maintainer.query('select refresh_login_views()');
  const { rows } = await reader.query(`select users::integer from shared_devices where masked_device_id = 'k1_new'`);
  expect(rows).toEqual([{ users: 2 }]);
});

test('the analyst can neither refresh the views nor read a check value', async () => {
  const { analystUrl } = await createDatabase();
  for (const sql of [
    'select refresh_login_views()',
    'refresh materialized view shared_ips',
    'select check_value from mask_keys',
    'delete from user_logins',
  ]) {
    await expect(asRole(analystUrl, sql)).rejects.toMatchObject({ code: '42501' });
  }
});

test('a function of the same name on the search path of whoever refreshes is not run as the owner', async () => {
  const database = await createDatabase();
  await database.query(`create schema trap authorization login_maintainer`);
  await database.query(`create table trap.user_logins (like user_logins)`);
  await asRole(database.maintainerUrl, `set search_path = trap, public; select public.refresh_login_views()`);
  expect(await database.query('select * from logins_by_day')).toEqual([]);
});

test.each([
  ['2.3.0', 2003000],
  ['2.3', 2003000],
  ['2', 2000000],
  ['2146.999.999', 2146999999],
  ['0.0.0', 0],
  ['2147.0.0', null],
  ['1.1000.0', null],
  ['1.2.3.4', null],
  ['v1.2', null],
  ['', null],
  ['1..2', null],
])('app_version_number(%j) is %j', async (version, number) => {
  const { query } = await createDatabase();
  const [row] = await query(
    'select app_version_number($1) as number, app_version_text(app_version_number($1)) as text',
    [version],
  );
  expect(row?.number).toBe(number);
  if (number !== null) expect(`${row?.text}`.startsWith(version)).toBe(true);
});

test('the versions as text stand beside the rows', async () => {
  const { query, analystUrl } = await createDatabase();
  await query(`insert into user_logins (user_id, app_version) values ('a', 2003010), ('b', null)`);
  expect(await asRole(analystUrl, 'select user_id, app_version from user_logins_text order by 1')).toEqual([
    { user_id: 'a', app_version: '2.3.10' },
    { user_id: 'b', app_version: null },
  ]);
});

const COMMENTS = `select attname, col_description(attrelid, attnum) as comment from pg_attribute
                  where attrelid = 'user_logins'::regclass and attnum > 0 order by attnum`;

test('every column says what it is, and a comment that was there before stays', async () => {
  expect((await (await createDatabase()).query(COMMENTS)).map(({ comment }) => comment)).not.toContain(null);
  const adopted = await createDatabase('empty');
  await adopted.query(GIVEN_TABLE);
  await adopted.query(`comment on column user_logins.locale is 'ours'`);
  await migrate(adopted.url);
  const comments = Object.fromEntries(
    (await adopted.query(COMMENTS)).map(({ attname, comment }) => [attname, comment]),
  );
  expect(comments.locale).toBe('ours');
  expect(comments.user_id).toContain('Who logged in');
});
