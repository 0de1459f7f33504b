import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { runLoginEtl } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function databaseWithRows(): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.query(`insert into user_logins (user_id, locale, create_date) values
    ('a', 'DE', '2026-01-31'), ('b', null, '2026-01-31'), (e'c\\u202e\\n', 'x"y', '2026-01-31')`);
  return database;
}

const sql = (database: TestDatabase, ...args: string[]) =>
  runLoginEtl(['sql', ...args], { env: { DATABASE_URL: database.url } });

describe('login-etl sql', () => {
  test('shows a table, in which no row controls the terminal', async () => {
    const { exitCode, stdout } = await sql(
      await databaseWithRows(),
      'select user_id, locale from user_logins order by 1; ',
    );
    expect(exitCode).toBe(0);
    expect(stdout).toBe('user_id    locale\na          DE\nb          ·\nc\\u202e\\n  x"y\n\n3 rows.\n');
  });

  test('gives JSON with its types, and CSV', async () => {
    const database = await databaseWithRows();
    const query = `select user_id, locale, create_date, 1 as one from user_logins where user_id < 'c' order by 1`;
    expect((await sql(database, '--json', query)).json).toEqual({
      rows: [
        { user_id: 'a', locale: 'DE', create_date: '2026-01-31', one: 1 },
        { user_id: 'b', locale: null, create_date: '2026-01-31', one: 1 },
      ],
    });
    expect((await sql(database, '--csv', `${query} -- comment`)).stdout).toBe(
      'user_id,locale,create_date,one\na,DE,2026-01-31,1\nb,,2026-01-31,1\n',
    );
  });

  test('shows a limited number of rows, without fetching the rest', async () => {
    const { stdout } = await sql(
      await databaseWithRows(),
      'select 200 from pg_class a, pg_class b, pg_class c, pg_class d',
    );
    expect(stdout).toMatch(/\n200\n\nThe first 200 rows; --csv gives all\.\n$/);
  });

  test.each(['show server_version_num', 'explain select 1', 'table user_logins', 'values (1)'])(
    'runs %s',
    async (statement) => {
      expect(await sql(await databaseWithRows(), statement)).toMatchObject({ exitCode: 0, stderr: '' });
    },
  );

  test.each([
    ['delete from user_logins', '25006'],
    ['drop table user_logins', '25006'],
    ['select 1; drop table user_logins', '42601'],
    ['select 1) to stdout; drop table user_logins; copy (select 1', '42601'],
    ['commit; drop table user_logins', '42601'],
    ['with gone as (delete from user_logins returning 1) select * from gone', '0A000'],
    ['select nextval($$login_etl_migrations_id_seq$$)', '42501'],
    [`copy (select 1) to program 'true'`, '42501'],
    [`select pg_read_file('postgresql.conf')`, '42501'],
    ['select nothing', '42703'],
  ])('refuses %s in one line, and changes nothing', async (statement, code) => {
    const database = await databaseWithRows();
    for (const form of [[], ['--json'], ['--csv']]) {
      const { exitCode, stdout, stderr } = await sql(database, ...form, statement);
      expect(exitCode).not.toBe(0);
      expect(stdout).toBe('');
      if (form.length === 0) expect(stderr).toContain(`SQLSTATE ${code}`);
      expect(stderr).toMatch(/^[^\n]+\n$/);
    }
    expect(await database.query('select from user_logins')).toHaveLength(3);
  });

  test('keeps all digits of a number, in every form', async () => {
    const database = await databaseWithRows();
    const query = `select 9223372036854775807 as large, 2.30 as version, date 'infinity' as day, null as nothing`;
    const output = await runLoginEtl(['sql', '--json', query], { env: { DATABASE_URL: database.url } });
    expect(output.stdout).toBe(
      '{"rows":[{"large":9223372036854775807,"version":2.30,"day":"infinity","nothing":null}]}\n',
    );
    expect((await sql(database, query)).stdout).toContain('9223372036854775807  2.30     infinity  ·');
    expect((await sql(database, '--csv', query)).stdout).toContain('9223372036854775807,2.30,infinity,\n');
  });

  test('loses no JSON column to another of the same name', async () => {
    const { exitCode, stderr } = await sql(await databaseWithRows(), '--json', 'select 1 as a, 2 as a');
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: 'Two columns are named a: rename one with "as".\n' });
  });

  test('prints nothing from a row that a terminal would obey, not even in an error', async () => {
    const { stderr } = await sql(await databaseWithRows(), `select (user_id || e'\\x1b[2J')::integer from user_logins`);
    expect(stderr).toMatch(/^invalid input syntax for type integer: "a\\u001b\[2J" \(SQLSTATE 22P02\)\n$/);
  });

  test('reads the statement from standard input, if that is not a terminal', async () => {
    const { url } = await databaseWithRows();
    const withInput = (input: string, ...args: string[]) =>
      runLoginEtl(['sql', ...args], { env: { DATABASE_URL: url }, input });
    expect((await withInput('select count(*)\nfrom user_logins;\n', '--csv')).stdout).toBe('count\n3\n');
    expect(await withInput('')).toMatchObject({ exitCode: 2, stderr: 'Standard input holds no statement.\n' });
    for (const empty of [await withInput(' \n\n'), await withInput('', ' ')]) {
      expect(empty).toMatchObject({ exitCode: 2, stdout: '', stderr: 'The statement is empty.\n' });
    }
  });

  test('reads with the rights of an analyst', async () => {
    const { analystUrl } = await databaseWithRows();
    const env = { DATABASE_URL: analystUrl };
    expect((await runLoginEtl(['sql', 'select count(*) from user_logins'], { env })).stdout).toContain('\n3\n');
    expect((await runLoginEtl(['sql', 'select * from ingest_ledger'], { env })).stderr).toContain('SQLSTATE 42501');
  });

  test('is interrupted in the middle of a statement', async () => {
    const database = await databaseWithRows();
    for (const form of [[], ['--json'], ['--csv']]) {
      const interrupt = new AbortController();
      const run = runLoginEtl(['sql', ...form, 'select 1 as one where pg_sleep(3600) is null'], {
        env: { DATABASE_URL: database.url },
        stop: interrupt.signal,
      });
      const isRunning = `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
      while ((await database.query(isRunning)).length === 0) await sleep(10);
      interrupt.abort('SIGINT');
      const { exitCode, stderr } = await run;
      expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: 'Interrupted.\n' });
      while ((await database.query(isRunning)).length > 0) await sleep(10);
    }
  });

  test('opens psql without a statement, read-only, and keeps the password off its command line', async () => {
    const folder = temporaryFolder();
    const psql = join(folder, 'psql');
    const seen = join(folder, 'seen');
    writeFileSync(psql, `#!/bin/sh\necho "$*|$PGPASSWORD|$PGOPTIONS" > ${seen}\nexit 3\n`);
    chmodSync(psql, 0o755);
    const env = { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/logins', PATH: `${folder}:${process.env.PATH}` };
    expect((await runLoginEtl(['sql'], { env, typed: '' })).exitCode).toBe(3);
    expect(readFileSync(seen, 'utf8')).toBe(
      'postgres://me@127.0.0.1:1/logins|secret|-c default_transaction_read_only=on\n',
    );
  });

  test('says so if there is no psql', async () => {
    const env = { DATABASE_URL: 'postgres://me@127.0.0.1:1/logins', PATH: '/nowhere' };
    const { exitCode, stderr } = await runLoginEtl(['sql'], { env, typed: '' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('psql is not installed');
  });
});
