import { beforeEach, describe, expect, test } from 'vitest';
import { createErase } from '../../lambda/erase-handler.ts';
import { eraseUser } from '../../lambda/jobs/erase/erase-user.ts';
import { capturedConsole } from '../support/captured-console.ts';
import { connectTo, createDatabase, type TestDatabase, untilWaiting } from '../support/database.ts';
import { type ProgramResult, runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { openVault, withVault } from '../support/vault.ts';

const DAY = 86_400_000;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const NOW = Date.now();
const monthsAgo = (months: number) => {
  const date = new Date(NOW);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1, 12);
};

let database: TestDatabase;
beforeEach(async () => {
  database = await createDatabase();
});

const login = (user: string, ip: string | null, device: string | null, sentAt = NOW) =>
  sqsRecord({ ...VALID_BODY, user_id: user, ip, device_id: device }, { sentAt });

async function erase(args: string[], options: { piped?: string; url?: string } = {}): Promise<ProgramResult> {
  const { piped, url = database.eraserUrl } = options;
  const env = { DATABASE_URL: url };
  return runLoginEtl(['erase', '--json', ...args], { env, ...(piped === undefined ? {} : { input: piped }) });
}

const users = async () =>
  (await database.query('select user_id from user_logins order by 1')).map(({ user_id }) => user_id);
const sealed = async () => (await openVault(database)).map(({ value }) => value).sort();

describe('a person', () => {
  test('goes with all rows and with values that nobody else has in the month', async () => {
    const { invoke } = withVault(database.writerUrl);
    await invoke([
      login('gone', '192.0.2.1', 'own'),
      login('gone', '192.0.2.2', 'shared'),
      login('gone', 'text', null),
      login('stays', '192.0.2.2', 'shared'),
    ]);
    const { exitCode, json, stdout, stderr } = await erase(['--user'], { piped: 'gone\n' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(json).toEqual({ rows: 3, values: 3, again: dayOf(Date.now() + 22 * DAY) });
    expect(stdout).not.toContain('gone');
    expect(await users()).toEqual(['stays']);
    expect(await sealed()).toEqual(['192.0.2.2', 'shared']);
  });

  test('keeps a value of a month in which somebody else has it, and loses it in another', async () => {
    const last = monthsAgo(1) + 26 * DAY;
    const { invoke } = withVault(database.writerUrl);
    await invoke([
      login('gone', '192.0.2.1', null),
      login('gone', '192.0.2.1', null, last),
      login('stays', '192.0.2.1', null),
    ]);
    expect((await erase(['--user'], { piped: 'gone' })).json).toMatchObject({ rows: 2, values: 1 });
    expect((await openVault(database)).map(({ month }) => month)).toEqual([dayOf(monthsAgo(0))]);
    expect(await database.query('select from vault_batches')).toHaveLength(1);
  });

  test('who has no rows is exit code 3, and no writer is kept waiting', async () => {
    const { exitCode, json } = await erase(['--user'], { piped: 'nobody' });
    expect({ exitCode, json }).toEqual({ exitCode: 3, json: { rows: 0, values: 0, again: null } });
  });

  test('an erased value does not come back unnoticed: a writer that remembers it as sealed seals it again', async () => {
    const { invoke } = withVault(database.writerUrl);
    await invoke([login('gone', '192.0.2.1', 'd')]);
    await erase(['--user'], { piped: 'gone' });
    expect(await sealed()).toEqual([]);
    await invoke([login('another', '192.0.2.1', 'd')]);
    expect(await sealed()).toEqual(['192.0.2.1', 'd']);
  });

  test('a writer that began before comes first, and its row is erased as well, whatever isolation is the default', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
    await withVault(database.writerUrl).invoke([login('gone', '192.0.2.1', 'd')]);
    const writer = await connectTo(database.url);
    await writer.query('begin; lock table mask_state in access share mode');
    await writer.query('insert into user_logins select (l).* from (select l from user_logins l) as rows');
    const erasing = erase(['--user'], { piped: 'gone' });
    await untilWaiting(1, database.url, database.query);
    await writer.query('commit');
    expect((await erasing).json).toMatchObject({ rows: 2, values: 2 });
    expect(await users()).toEqual([]);
  });

  test('is refused while the layer key is rotated, whoever asks first', async () => {
    await withVault(database.writerUrl).invoke([login('gone', '192.0.2.1', 'd')]);
    await database.query("update mask_state set next_kid = 'k2'");
    for (const args of [['--user'], ['--month', '2020-01', '--yes'], ['--before', '2020-01-01', '--yes']]) {
      const { exitCode, stderr } = await erase(args, { piped: 'gone' });
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(/is being rotated/) });
    }
    const client = await connectTo(database.eraserUrl);
    await expect(client.query('select begin_erasure()')).rejects.toMatchObject({ code: 'LE002' });
    expect(await users()).toEqual(['gone']);
  });

  test('all or nothing: what fails in the middle leaves everything', async () => {
    await withVault(database.writerUrl).invoke([login('gone', '192.0.2.1', 'd')]);
    await database.query('revoke delete on vault from login_eraser');
    const client = await connectTo(database.eraserUrl);
    await expect(eraseUser(client, 'gone')).rejects.toMatchObject({ code: '42501' });
    expect(await users()).toEqual(['gone']);
    expect(await database.query('select generation from mask_state')).toEqual([{ generation: '1' }]);
  });
});

describe('a month of the vault', () => {
  test('goes for good: what comes late for it is stored and not sealed', async () => {
    const { invoke } = withVault(database.writerUrl);
    const last = monthsAgo(1) + 26 * DAY;
    await invoke([login('a', '192.0.2.1', 'd'), login('a', '192.0.2.1', 'd', last)]);
    const month = dayOf(last).slice(0, 7);
    expect((await erase(['--month', month, '--yes'])).json).toEqual({ values: 2, month, again: null });
    await invoke([login('a', '192.0.2.9', 'e', last), login('a', '192.0.2.1', 'd', last)]);
    expect((await openVault(database)).map((value) => value.month)).toEqual(Array(2).fill(dayOf(monthsAgo(0))));
    expect(await users()).toEqual(Array(4).fill('a'));
    expect(await database.query('select from vault_batches')).toHaveLength(1);
  });
});

describe('what is older than a day', () => {
  const boundary = monthsAgo(1) + 14 * DAY;

  test('goes from table and vault, and what is younger stays', async () => {
    const { invoke } = withVault(database.writerUrl);
    const [older, before, after] = [monthsAgo(2) + 20 * DAY, boundary - DAY, boundary];
    // Sent too long ago for a queue: as rows that have been there for long.
    const put = async (sentAt: number, ip: string, device: string) => {
      await invoke([login('a', ip, device)]);
      await database.query('update user_logins set create_date = $1 where create_date = $2', [
        dayOf(sentAt),
        dayOf(NOW),
      ]);
      await database.query("update vault_batches set month = date_trunc('month', $1::date) where month = $2", [
        dayOf(sentAt),
        dayOf(monthsAgo(0)),
      ]);
      await database.query("update vault set month = date_trunc('month', $1::date) where month = $2", [
        dayOf(sentAt),
        dayOf(monthsAgo(0)),
      ]);
      await database.query('select begin_erasure()');
    };
    await put(older, '192.0.2.1', 'oldest');
    await put(before, '192.0.2.2', 'old');
    await put(after, '192.0.2.3', 'young');
    const { json } = await erase(['--before', dayOf(boundary), '--yes']);
    expect(json).toMatchObject({ rows: 2, values: 4, months: [dayOf(older).slice(0, 7)] });
    expect(await sealed()).toEqual(['192.0.2.3', 'young']);
    expect(await database.query('select create_date::text from user_logins')).toEqual([{ create_date: dayOf(after) }]);
    expect((await erase(['--before', dayOf(boundary), '--yes'])).json).toMatchObject({ rows: 0, values: 0 });
  });

  test('by chunks, beside a writer whose row is not yet committed', async () => {
    await withVault(database.writerUrl).invoke([login('young', '192.0.2.1', 'd')]);
    await database.query(
      "insert into user_logins (user_id, create_date) select 'old', $1 from generate_series(1, 25000)",
      [dayOf(boundary - DAY)],
    );
    const writer = await connectTo(database.url);
    await writer.query("begin; insert into user_logins (user_id, create_date) values ('late', now())");
    expect((await erase(['--before', dayOf(boundary), '--yes'])).json).toMatchObject({ rows: 25_000 });
    await writer.query('commit');
    expect(await users()).toEqual(['late', 'young']);
  });
});

describe('a command line that makes no sense erases nothing', () => {
  test.each([
    [[], 2, /one of --user, --month or --before/],
    [['--user', '--month', '2026-01'], 2, /one of/],
    [['--month', '2026-13'], 2, /a month like/],
    [['--before', '2026-02-30'], 2, /a day like/],
    [['--before', dayOf(NOW + DAY), '--yes'], 2, /in the past/],
    [['--month', '2020-01'], 2, /no terminal/],
  ])('%j', async (args, exitCode, said) => {
    expect(await erase(args, { piped: 'gone' })).toMatchObject({ exitCode, stderr: expect.stringMatching(said) });
  });

  test('and neither does any answer but the day', async () => {
    const env = { DATABASE_URL: database.eraserUrl };
    const answering = (typed: string) => runLoginEtl(['erase', '--before', '2020-01-01'], { env, typed });
    expect(await answering('yes\n')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Nothing was erased'),
    });
    expect(await answering('2020-01-01\n')).toMatchObject({ exitCode: 0 });
  });
});

test.each([
  'select sealed from vault',
  'select wrapped from vault_batches',
  'insert into user_logins default values',
  "update mask_state set kid = 'k2'",
  'update mask_state set generation = 9',
  'begin; lock table mask_state in access exclusive mode',
  'delete from vault_closed_months',
  'select * from recover_audit',
  'delete from ingest_ledger',
])('the eraser may not: %s', async (sql) => {
  const client = await connectTo(database.eraserUrl);
  await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
});

describe('the function for erase', () => {
  const erase = (request: unknown) => createErase({ DATABASE_URL: database.eraserUrl }, 0)(request);

  test('erases a person, a month and what is old, as login_eraser, and logs nobody', async () => {
    const printed = capturedConsole();
    await database.query(`insert into user_logins (user_id, create_date)
      values ('canary', '2026-01-31'), ('old', '2025-01-31'), ('other', '2026-01-31')`);
    expect(await erase({ user: 'canary' })).toEqual({ rows: 1, values: 0 });
    expect(await erase({ before: '2026-01-01' })).toEqual({ rows: 1, values: 0, months: [] });
    expect(await erase({ month: '2026-01' })).toEqual({ values: 0 });
    expect(await database.query('select user_id from user_logins')).toEqual([{ user_id: 'other' }]);
    expect(printed.join('\n')).toContain('erase done');
    expect(printed.join('\n')).not.toContain('canary');
  });

  test.each([
    null,
    {},
    { user: '' },
    { user: ['a'] },
    { user: 'a', month: '2026-01' },
    { month: '2026' },
    { before: '2999-01-01' },
    { before: `2026-01-01' or true --` },
    { user: 'a', more: 1 },
  ])('refuses the request %j, and erases nothing', async (request) => {
    capturedConsole();
    await database.query(`insert into user_logins (user_id, create_date) values ('a', '2026-01-31')`);
    await expect(erase(request)).rejects.toThrow('does not know this request');
    expect(await database.query('select from user_logins')).toHaveLength(1);
  });
});
