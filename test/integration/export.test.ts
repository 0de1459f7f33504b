import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { MANY_LOGINS } from '../support/many-logins.ts';
import { type ProgramOptions, runLoginEtl } from '../support/program.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'tools', 'login-etl.mjs');

/** Whatever a format, or what reads it, could stumble over. */
const TEXTS = [
  'plain',
  'a,b',
  'say "hi"',
  `it's`,
  'back\\slash\\n',
  'line\nfeed\r\n',
  '\t\u0001\u0002',
  '',
  '\u{1f600}é漢\u2028',
  '\\.',
  'null',
  '=cmd|calc!A1',
];
const COLUMNS = ['user_id', 'device_type', 'masked_ip', 'masked_device_id', 'locale', 'app_version', 'create_date'];

async function databaseWith(texts: readonly string[]): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.query(
    `insert into user_logins (user_id, locale, app_version, create_date)
     select text, text, 2146999999, date '2026-01-01' + i::integer from unnest($1::text[]) with ordinality as t (text, i)`,
    [texts],
  );
  return database;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'login-etl-export-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const exportOf = ({ analystUrl }: TestDatabase, args: readonly string[] = [], options: ProgramOptions = {}) =>
  runLoginEtl(['export', ...args], { ...options, env: { DATABASE_URL: analystUrl } });

const jsonLines = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** RFC 4180, by a reader of its own; nothing between two commas is null. */
function readCsv(text: string): (string | null)[][] {
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)];
  const rows: (string | null)[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)?.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('login-etl export', () => {
  test('gives every text back in every format, as the producer sent it', async () => {
    const database = await databaseWith(TEXTS);
    const [head, ...rows] = readCsv((await exportOf(database)).stdout);
    expect(head).toEqual(COLUMNS);
    expect(rows.map((row) => row[0])).toEqual(TEXTS);
    expect(rows[1]).toEqual(['a,b', null, null, null, 'a,b', '2146999999', '2026-01-03']);
    const objects = jsonLines((await exportOf(database, ['--format', 'jsonl'])).stdout);
    expect(objects.map(({ user_id }) => user_id)).toEqual(TEXTS);
    expect(Object.keys(objects[0])).toEqual(COLUMNS);
    expect(objects[1]).toMatchObject({ device_type: null, app_version: 2146999999, create_date: '2026-01-03' });
    expect(JSON.parse((await exportOf(database, ['--format', 'json'])).stdout)).toEqual(objects);
  });

  test('an empty table is an empty list, and no failure', async () => {
    const database = await createDatabase();
    expect(await exportOf(database, ['--format', 'json'])).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    expect(await exportOf(database, ['--format', 'jsonl'])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test('takes a first day, and adds the version as text', async () => {
    const database = await databaseWith(['a', 'b', 'c']);
    const { stdout } = await exportOf(database, ['--format', 'jsonl', '--since', '2026-01-03', '--version-text']);
    expect(jsonLines(stdout).map(({ user_id, app_version_text }) => [user_id, app_version_text])).toEqual([
      ['b', '2146.999.999'],
      ['c', '2146.999.999'],
    ]);
  });

  test('writes the same file twice, for its owner alone, of more rows than a buffer holds', async () => {
    const folder = await emptyFolder();
    const database = await createDatabase();
    await database.query(MANY_LOGINS, [60_000]);
    const files = ['one.json', 'two.json'].map((name) => join(folder, name));
    for (const file of files) {
      const { exitCode, json } = await exportOf(database, ['--format', 'json', '--out', file, '--json']);
      expect({ exitCode, json }).toEqual({ exitCode: 0, json: { file, rows: 60_000 } });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    const [one = '', two] = files.map((file) => readFileSync(file, 'utf8'));
    expect(one === two).toBe(true);
    expect(JSON.parse(one)).toHaveLength(60_000);
    expect((await readdir(folder)).sort()).toEqual(['one.json', 'two.json']);
  });

  test.each([
    [['--format', 'xml'], 'Allowed choices are csv, jsonl, json'],
    [['--since', '2026-02-30'], 'a day like 2026-01-31'],
    [['--since', `2026-01-01' or '1'='1`], 'a day like 2026-01-31'],
    [['--json'], 'add --out FILE'],
  ])('refuses %j', async (args, sentence) => {
    const { exitCode, stdout, stderr } = await runLoginEtl(['export', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});

describe('login-etl export --user', () => {
  test.each(TEXTS.filter((text) => text !== ''))('finds all logins of %j and no others', async (user) => {
    const database = await databaseWith([...TEXTS, user]);
    const { exitCode, stdout } = await exportOf(database, ['--user', '--format', 'jsonl'], { input: `${user}\n` });
    expect(exitCode).toBe(0);
    expect(jsonLines(stdout).map(({ user_id }) => user_id)).toEqual([user, user]);
  });

  test('asks whoever sits at a terminal', async () => {
    const { exitCode, stdout, stderr } = await exportOf(await databaseWith(['a', 'b']), ['--user'], { typed: 'b\n' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'User id: ' });
    expect(readCsv(stdout)).toHaveLength(2);
  });

  test('ends with 3 if nothing is found, and writes no file', async () => {
    const folder = await emptyFolder();
    const database = await databaseWith(['a']);
    for (const user of ['b', `a' or 'a'='a`, '%']) {
      const args = ['--user', '--out', join(folder, 'rows.csv'), '--json'];
      const { exitCode, json, stderr } = await exportOf(database, args, { input: user });
      expect({ exitCode, json }).toEqual({ exitCode: 3, json: { file: null, rows: 0 } });
      expect(stderr).toBe('No login was found, so nothing was written.\n');
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['', 'Standard input holds no user id.'],
    [Buffer.from([0xff]), 'The user id on standard input is not UTF-8.'],
    ['x'.repeat(129), 'at most 128 characters'],
    ['a\0b', 'none of them is U+0000'],
  ])('refuses an id that no login can have: %j', async (input, sentence) => {
    const { exitCode, stdout, stderr } = await exportOf(await databaseWith(['a']), ['--user'], { input });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});

describe('an export that cannot be finished', () => {
  test('leaves nothing behind if the file cannot be written', async () => {
    const { exitCode, stderr } = await exportOf(await databaseWith(['a']), ['--out', '/dev/null/x.csv']);
    expect(exitCode).toBe(1);
    expect(stderr).toBe('The folder /dev/null cannot be created (EEXIST).\n');
  });

  test('says so if the system refuses the name', async () => {
    const file = join(await emptyFolder(), 'x'.repeat(300));
    const { exitCode, stderr } = await exportOf(await databaseWith(['a']), ['--out', file]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: `${file} cannot be written (ENAMETOOLONG).\n` });
  });

  test('replaces no device and no folder', async () => {
    const folder = await emptyFolder();
    const { exitCode, stderr } = await exportOf(await databaseWith(['a']), ['--out', folder]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: `${folder} is not a file that can be replaced.\n` });
  });

  test('leaves nothing behind on a full disk, nor in place of an older file', async () => {
    const folder = await emptyFolder();
    const database = await createDatabase();
    await database.query(MANY_LOGINS, [20_000]);
    const file = join(folder, 'rows.csv');
    // A limit on the size of files stands for the disk; in blocks of 1024 bytes.
    const limited = `ulimit -f 64; exec "$0" ${PROGRAM} export --out ${file}`;
    const env = { ...process.env, DATABASE_URL: database.url };
    const { status, stderr } = spawnSync('bash', ['-c', limited, process.execPath], { encoding: 'utf8', env });
    expect({ status, stderr }).toEqual({ status: 1, stderr: `${file} cannot be written (EFBIG).\n` });
    expect(await readdir(folder)).toEqual([]);
  });

  test('leaves nothing behind when Ctrl-C comes, while it looks and between two rows', async () => {
    const folder = await emptyFolder();
    const database = await createDatabase();
    await database.query(MANY_LOGINS, [20_000]);
    await database.query('alter table user_logins rename to logins');
    await database.query(`create view user_logins as
      select * from logins union all select * from logins where pg_sleep(3600) is null`);
    const begins = {
      rows: async () => (await readdir(folder)).some((name) => statSync(join(folder, name)).size > 0),
      look: async () =>
        (await database.query(`select from pg_stat_activity where query like 'select exists%'`)).length > 0,
    };
    for (const [args, hasBegun] of [[[], begins.rows] as const, [['--user'], begins.look] as const]) {
      const interrupt = new AbortController();
      const exported = runLoginEtl(['export', ...args, '--out', join(folder, 'rows.csv')], {
        env: { DATABASE_URL: database.url },
        input: 'nobody',
        stop: interrupt.signal,
      });
      while (!(await hasBegun())) await sleep(10);
      interrupt.abort('SIGINT');
      expect(await exported).toMatchObject({ exitCode: 130, stdout: '', stderr: 'Interrupted.\n' });
      expect(await readdir(folder)).toEqual([]);
    }
  });
});
