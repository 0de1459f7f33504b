import { describe, expect, test } from 'vitest';
import { findAccess } from '../../lambda/jobs/audit/read-grants.ts';
import { createMaintenance } from '../../lambda/maintain-handler.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { createDatabase } from '../support/database.ts';
import { startOwnServer } from '../support/own-server.ts';

test('an outage of the database fails the run in one sentence, and the next goes on', async () => {
  const database = await createDatabase();
  await database.query("insert into ingest_ledger select now() - interval '40 days', gen_random_uuid()");
  await database.query('revoke delete on ingest_ledger from login_maintainer');
  const maintain = createMaintenance({ DATABASE_URL: database.maintainerUrl });
  await expect(maintain()).rejects.toMatchObject({
    name: 'JobError',
    message: 'The ledger was not pruned to its end (database 42501); the next run goes on there.',
  });
  await database.query('grant delete on ingest_ledger to login_maintainer');
  expect(await maintain()).toEqual({ deleted: 1 });
});

test('a run ends before its function times out', async () => {
  const database = await createDatabase();
  await database.query(`
    create or replace procedure prune_ingest_ledger(retention interval default '35 days', chunk integer default 1, inout deleted bigint default 0)
    language sql as $$ select setting::bigint from pg_settings where name = 'statement_timeout' $$`);
  expect(await createMaintenance({ DATABASE_URL: database.maintainerUrl })()).toEqual({ deleted: 600_000 });
});

test('settings that are missing or wrong are named', async () => {
  await expect(createMaintenance({})()).rejects.toThrow(/DATABASE_URL is missing/);
  const wrong = { DATABASE_URL: 'postgres://login_maintainer@host/login_etl', DATABASE_LOGIN: 'iam' };
  await expect(createMaintenance(wrong)()).rejects.toMatchObject({ name: 'ConfigError', problems: { length: 1 } });
});

test('the views for analysts are refreshed if the settings ask for it', async () => {
  const database = await createDatabase();
  const env = { DATABASE_URL: database.maintainerUrl };
  const logins = () => database.query('select sum(logins)::integer as logins from logins_by_day');
  await database.query(`insert into user_logins (user_id, create_date) values ('a', '2026-01-31')`);
  expect(await createMaintenance(env)()).toEqual({ deleted: 0 });
  await expect(logins()).rejects.toMatchObject({ code: '55000' });
  expect(await createMaintenance({ ...env, REFRESH_VIEWS: 'true' })()).toEqual({ deleted: 0, viewsRefreshed: true });
  expect(await logins()).toEqual([{ logins: 1 }]);
  await expect(createMaintenance({ ...env, REFRESH_VIEWS: 'yes' })()).rejects.toThrow('REFRESH_VIEWS is true or false');
  await database.query('revoke execute on function refresh_login_views from login_maintainer');
  await expect(createMaintenance({ ...env, REFRESH_VIEWS: 'true' })()).rejects.toMatchObject({
    name: 'JobError',
    message: 'The views for analysts were not refreshed (database 42501); the next run goes on there.',
  });
});

describe('what is old', () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

  test('is erased if the settings say after how many days, and the role is allowed to', async () => {
    // Roles belong to the whole server, on which other tests say what this one may not.
    const server = await startOwnServer();
    await server.query('create database logins');
    const url = server.urlOf('logins');
    await migrate(url);
    await server.query("alter role login_maintainer password 'x'");
    const query = (sql: string) => withClient(url, async (client) => (await client.query(sql)).rows);
    await query(`insert into user_logins (user_id, create_date)
      values ('new', '${daysAgo(0)}'), ('young', '${daysAgo(39)}'), ('old', '${daysAgo(41)}')`);
    const maintainer = Object.assign(new URL(url), { username: 'login_maintainer', password: 'x' }).href;
    const users = async () => (await query('select user_id from user_logins order by 1')).map((row) => row.user_id);
    expect(await createMaintenance({ DATABASE_URL: maintainer })()).toEqual({ deleted: 0 });
    const erasing = createMaintenance({ DATABASE_URL: maintainer, ERASE_AFTER_DAYS: '40' });
    await expect(erasing()).rejects.toThrow('What is old was not erased to its end (database 42501)');
    expect(await users()).toEqual(['new', 'old', 'young']);
    await server.query('grant login_eraser to login_maintainer');
    expect(await erasing()).toEqual({ deleted: 0, erased: { rows: 1, values: 0, months: [] } });
    expect(await users()).toEqual(['new', 'young']);
    const { memberships, members } = await withClient(url, findAccess);
    expect(memberships).toEqual([]);
    expect(members).toContainEqual({ member: 'login_maintainer', role: 'login_eraser' });
  });

  test.each(['0', '21', '36501', '40.5', 'x'])('after %s days is refused, before anything is done', async (days) => {
    const env = { DATABASE_URL: 'postgres://login_maintainer@127.0.0.1:1/none', ERASE_AFTER_DAYS: days };
    await expect(createMaintenance(env)()).rejects.toThrow('ERASE_AFTER_DAYS must be whole days from 22 to 36500');
  });
});
