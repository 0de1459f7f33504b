import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createAdopt } from '../../lambda/adopt-handler.ts';
import { adoptBySettings } from '../../lambda/jobs/adopt/adopt-by-settings.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { connectTo, createDatabase, type TestDatabase, untilWaiting } from '../support/database.ts';
import { createFunction, TEST_LAYER_KEY, TEST_MASK_KEY, TEST_NEXT_LAYER_KEY } from '../support/function.ts';
import { GIVEN_COLUMNS, GIVEN_TABLE } from '../support/given-table.ts';
import { runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const ADOPTED = { MASK_LAYER_KEY: TEST_LAYER_KEY, MASK_ADOPTED: 'sha256' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** As such scripts make their tables. */
const TABLES = {
  'as it was asked for': GIVEN_TABLE,
  'with a serial id': `create table user_logins (id serial primary key, ${GIVEN_COLUMNS})`,
  'with an identity and a time': `create table user_logins (id bigint generated always as identity primary key, ${GIVEN_COLUMNS},
    created_at timestamptz not null default now())`,
  'with texts of any length': `create table user_logins (${GIVEN_COLUMNS.replaceAll(/varchar\(\d+\)/g, 'text')})`,
} as const;

interface OldRow {
  user: string;
  ip: string | null;
  device: string | null;
}

/** A database with the table, the old rows as given, and our schema around it. */
async function createOld(table: string, rows: readonly OldRow[]): Promise<TestDatabase> {
  const database = await createDatabase('empty');
  await database.query(table);
  for (const { user, ip, device } of rows) {
    await database.query(
      `insert into user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
       values ($1, 'ios', $2, $3, 'US', 230, '2024-11-25')`,
      [user, ip, device],
    );
  }
  await migrate(database.url);
  return database;
}

const runAdopt = (database: TestDatabase, ...options: string[]) =>
  runLoginEtl(['adopt', ...options], {
    env: { DATABASE_URL: database.url, MASK_KEY: TEST_MASK_KEY, ...ADOPTED },
  });
const login = (user: string, ip: string | null, device: string | null) =>
  sqsRecord({ ...VALID_BODY, user_id: user, ip, device_id: device });
const pseudonymsOf = (database: TestDatabase) =>
  database.query<{ user_id: string; masked_ip: string | null; masked_device_id: string | null }>(
    'select user_id, masked_ip, masked_device_id from user_logins order by user_id',
  );

const hashed = (user: string, ip: string, device: string): OldRow => ({ user, ip: sha256(ip), device: sha256(device) });

test.each(Object.entries(TABLES))(
  'a table of hashes, %s: old and new logins of one address or device have one pseudonym',
  async (_what, table) => {
    const database = await createOld(table, [
      hashed('a', '199.172.111.135', '593-47-5928'),
      hashed('b', 'not an address', 'device'),
    ]);
    const { json, exitCode } = await runAdopt(database, '--json');
    expect(json).toEqual({ outcome: 'done', adopted: 4, emptied: 0, left: [], lowVersions: 2 });
    expect(exitCode).toBe(0);
    const lambda = createFunction(database.writerUrl, ADOPTED);
    const records = [login('c', '::ffff:199.172.111.135', '593-47-5928'), login('d', 'not an address', 'device')];
    expect((await lambda.invoke(records)).outcomes).toEqual(['stored', 'stored']);
    const [a, b, c, d] = await pseudonymsOf(database);
    expect(a?.masked_ip).toMatch(/^k1_[0-9a-f]{32}$/);
    expect(c).toEqual({ ...a, user_id: 'c' });
    expect(d).toEqual({ ...b, user_id: 'd' });
    expect(new Set([a, b].flatMap((row) => [row?.masked_ip, row?.masked_device_id])).size).toBe(4);
    const audit = await runLoginEtl(['audit', '--json'], { env: { DATABASE_URL: database.url } });
    expect(audit.json).toMatchObject({ findings: 0, logins: 4 });
  },
);

describe('adopt', () => {
  test('replaces hashes and texts that stand for no value by null, in both columns', async () => {
    const texts = ['', 'None', 'null', 'NULL', 'undefined', 'nan', 'NaN', 'unknown', 'UNKNOWN', 'Unknown', 'N/A', '-'];
    const both = texts.flatMap((text, i): OldRow[] => [
      { user: `text ${i}`, ip: text, device: text },
      hashed(`hash ${i}`, text, text),
      { user: `HASH ${i}`, ip: sha256(text).toUpperCase(), device: null },
    ]);
    const own = [
      { user: 'ip', ip: sha256('0.0.0.0'), device: sha256('0.0.0.0') },
      { user: 'device', ip: sha256('9774d56d682e549c'), device: sha256('9774D56D682E549C') },
      { user: 'zeros', ip: sha256('000000000000000'), device: sha256('000000000000000') },
    ];
    const database = await createOld(TABLES['as it was asked for'], [...both, ...own]);
    const { json } = await runAdopt(database, '--json');
    expect(json).toMatchObject({ outcome: 'done', adopted: 3, emptied: 5 * texts.length + 3, left: [] });
    const kept = (await pseudonymsOf(database)).filter((row) => row.masked_ip ?? row.masked_device_id);
    expect(kept.map((row) => [row.user_id, row.masked_ip === null, row.masked_device_id === null])).toEqual([
      ['device', false, true],
      ['ip', true, false],
      ['zeros', false, true],
    ]);
  });

  test('treats hashes in upper case as the same', async () => {
    const upper = { user: 'b', ip: sha256('192.0.2.7').toUpperCase(), device: null };
    const database = await createOld(TABLES['as it was asked for'], [
      { user: 'a', ip: sha256('192.0.2.7'), device: null },
      upper,
    ]);
    await runAdopt(database);
    const [a, b] = await pseudonymsOf(database);
    expect(b?.masked_ip).toBe(a?.masked_ip);
  });

  test('leaves what was never a hash, counts it, and never prints it', async () => {
    const database = await createOld(TABLES['as it was asked for'], [
      { user: 'a', ip: '203.0.113.77', device: 'canary-device' },
      hashed('b', '192.0.2.7', 'device'),
    ]);
    const { stdout, stderr, exitCode } = await runAdopt(database);
    expect(exitCode).toBe(3);
    expect(stdout).toBe(`Made pseudonyms of 2 hashes, and null of 0 that stood for no value.
Unchanged: 2 versions below 1.0.0; some programs write 230 for 2.3.0.
Left, and not pseudonyms:
  In masked_ip, like an IPv4 address: 1
  In masked_device_id, not a pseudonym: 1
`);
    expect(stdout + stderr).not.toMatch(/203\.0\.113|canary/);
    const [row] = await pseudonymsOf(database);
    expect(row).toMatchObject({ masked_ip: '203.0.113.77', masked_device_id: 'canary-device' });
  });

  test('does nothing more when run again, except for what has arrived meanwhile', async () => {
    const database = await createOld(TABLES['with a serial id'], [hashed('a', '192.0.2.7', 'device')]);
    await runAdopt(database);
    const first = await pseudonymsOf(database);
    expect((await runAdopt(database, '--json')).json).toMatchObject({ outcome: 'done', adopted: 0, emptied: 0 });
    expect(await pseudonymsOf(database)).toEqual(first);
    await createFunction(database.writerUrl, ADOPTED).invoke([login('b', '192.0.2.7', null)]);
    await database.query('insert into user_logins (user_id, masked_ip) values ($1, $2)', ['c', sha256('192.0.2.7')]);
    expect((await runAdopt(database, '--json')).json).toMatchObject({ outcome: 'done', adopted: 1 });
    const rows = await pseudonymsOf(database);
    expect(new Set(rows.map((row) => row.masked_ip)).size).toBe(1);
  });

  test('of many rows commits in chunks: what an interrupt leaves, the next run takes', async () => {
    const database = await createOld(TABLES['as it was asked for'], []);
    await database.query(`insert into user_logins (user_id, masked_ip, masked_device_id)
      select i, encode(sha256(('ip' || i % 9000)::bytea), 'hex'), encode(sha256(('device' || i)::bytea), 'hex')
      from generate_series(1, 40000) as i`);
    const stop = new AbortController();
    const env = { DATABASE_URL: database.url, MASK_KEY: TEST_MASK_KEY, ...ADOPTED };
    const progress = { total() {}, done: () => stop.abort() };
    const stopped = await adoptBySettings(env, { progress, stop: stop.signal });
    expect(stopped.outcome).toBe('stopped');
    expect(stopped.adopted).toBeGreaterThan(0);
    expect(stopped.left).not.toEqual([]);
    const { json } = await runAdopt(database, '--json');
    expect(json).toMatchObject({ outcome: 'done', adopted: 80_000 - stopped.adopted, emptied: 0, left: [] });
    const [counts] = await database.query(`select count(*)::integer as rows, count(distinct masked_ip)::integer as ips,
      count(distinct masked_device_id)::integer as devices from user_logins`);
    expect(counts).toEqual({ rows: 40_000, ips: 9_000, devices: 40_000 });
  });

  test('stops if a rotation begins meanwhile, and has written nothing under a key that is no longer in use', async () => {
    const database = await createOld(TABLES['as it was asked for'], []);
    await database.query(`insert into user_logins (masked_ip)
      select encode(sha256(('ip' || i)::bytea), 'hex') from generate_series(1, 60000) as i`);
    const holder = await connectTo(database.url);
    await holder.query('begin; select from user_logins limit 1 for update');
    const adopting = runAdopt(database);
    await untilWaiting(1, database.url, database.query);
    await database.query("update mask_state set next_kid = 'k2', frontier = 'f'");
    await holder.query('commit');
    const { exitCode, stderr } = await adopting;
    expect(stderr).toContain('A rotation or an erasure has begun meanwhile');
    expect(exitCode).toBe(1);
    const [{ hashes }] = (await database.query(
      'select count(*)::integer as hashes from user_logins where length(masked_ip) = 64',
    )) as [{ hashes: number }];
    expect(hashes).toBeGreaterThan(0);
    expect(hashes).toBeLessThan(60_000);
  });

  test('takes the partitions of a divided table too', async () => {
    const database = await createOld(TABLES['as it was asked for'], [hashed('a', '192.0.2.7', 'device')]);
    await database.query(readFileSync('lambda/store/schema/by-hand/partition-user-logins.sql', 'utf8'));
    const later = `insert into user_logins (user_id, masked_ip, create_date) values ('b', $1, current_date + 100)`;
    await database.query(later, [sha256('192.0.2.7')]);
    expect((await runAdopt(database, '--json')).json).toMatchObject({ outcome: 'done', adopted: 3, left: [] });
    const [a, b] = await pseudonymsOf(database);
    expect(b?.masked_ip).toBe(a?.masked_ip);
  });

  test('leaves a table whose layer key can be replaced like any other', async () => {
    const database = await createOld(TABLES['as it was asked for'], [hashed('a', '192.0.2.7', 'device')]);
    await runAdopt(database);
    const next = { MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY };
    await createFunction(database.writerUrl, { ...ADOPTED, ...next }).invoke([login('b', '192.0.2.7', 'device')]);
    const env = { DATABASE_URL: database.url, ...ADOPTED, ...next };
    expect((await runLoginEtl(['rekey', '--to', 'k2'], { env })).exitCode).toBe(0);
    const after = { MASK_ADOPTED: 'sha256', MASK_KEY_ID: 'k2', MASK_LAYER_KEY: TEST_NEXT_LAYER_KEY };
    await createFunction(database.writerUrl, after).invoke([login('c', '192.0.2.7', 'device')]);
    const [a, b, c] = await pseudonymsOf(database);
    expect(a?.masked_ip).toMatch(/^k2_/);
    expect([b, c]).toEqual(['b', 'c'].map((user_id) => ({ ...a, user_id })));
  });

  test('refuses a table that the function has written without MASK_ADOPTED, and changes nothing', async () => {
    const database = await createOld(TABLES['as it was asked for'], [hashed('a', '192.0.2.7', 'device')]);
    await createFunction(database.writerUrl, { MASK_LAYER_KEY: TEST_LAYER_KEY }).invoke([
      login('b', '192.0.2.7', null),
    ]);
    const before = await pseudonymsOf(database);
    const { exitCode, stdout } = await runAdopt(database);
    expect(exitCode).toBe(4);
    expect(stdout).toContain('has written here without MASK_ADOPTED');
    await database.query('truncate mask_keys');
    expect((await runAdopt(database)).exitCode).toBe(4);
    expect(await pseudonymsOf(database)).toEqual(before);
  });

  test('refuses another root key than the first run had', async () => {
    const database = await createOld(TABLES['as it was asked for'], [hashed('a', '192.0.2.7', 'device')]);
    await runAdopt(database);
    const env = { DATABASE_URL: database.url, MASK_KEY: TEST_NEXT_LAYER_KEY, ...ADOPTED };
    const { exitCode, stderr } = await runLoginEtl(['adopt'], { env });
    expect(stderr).toContain('The mask key is not the one that this database knows as "sha256"');
    expect(exitCode).toBe(1);
  });

  test('refuses to go on while layers are rotated', async () => {
    const database = await createOld(TABLES['as it was asked for'], [hashed('a', '192.0.2.7', 'device')]);
    await database.query("insert into mask_state (kid, next_kid) values ('k1', 'k2')");
    const env = {
      DATABASE_URL: database.url,
      MASK_KEY: TEST_MASK_KEY,
      ...ADOPTED,
      MASK_NEXT_KEY_ID: 'k2',
      MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY,
    };
    const { exitCode, stderr } = await runLoginEtl(['adopt'], { env });
    expect(stderr).toContain('A rotation is open');
    expect(exitCode).toBe(1);
  });

  test('refuses a column that takes no null, and says what to run', async () => {
    const table = TABLES['as it was asked for'].replace('masked_ip varchar(256)', 'masked_ip varchar(256) not null');
    const database = await createOld(table, [hashed('a', '192.0.2.7', 'device')]);
    const { exitCode, stderr } = await runAdopt(database);
    expect(exitCode).toBe(1);
    const [statement = ''] = /alter table [^"]+/.exec(stderr) ?? [];
    await database.query(statement);
    expect((await runAdopt(database)).exitCode).toBe(0);
  });

  test('asks for MASK_ADOPTED', async () => {
    const env = { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d', MASK_KEY: TEST_MASK_KEY };
    const { exitCode, stderr } = await runLoginEtl(['adopt'], { env });
    expect(stderr).toContain('MASK_ADOPTED must be sha256');
    expect(exitCode).toBe(1);
  });
});

test('on a stage a function takes over, as login_adopter, as many rows at a time as it is given', async () => {
  const database = await createOld(TABLES['with a serial id'], [hashed('a', '192.0.2.7', 'device')]);
  await database.query(`insert into user_logins (user_id, masked_ip)
    select i, encode(sha256(('ip' || i)::bytea), 'hex') from generate_series(1, 60000) as i`);
  const adopt = createAdopt({ DATABASE_URL: database.adopterUrl, MASK_KEY: TEST_MASK_KEY, ...ADOPTED }, 0);
  const answers = [await adopt({})];
  while (answers.at(-1)?.outcome === 'stopped') answers.push(await adopt({}));
  expect(answers.length).toBeGreaterThan(1);
  expect(answers.at(-1)).toMatchObject({ outcome: 'done', left: [] });
  expect(answers.reduce((sum, { adopted }) => sum + adopted, 0)).toBe(60_002);
  await createFunction(database.writerUrl, ADOPTED).invoke([login('b', '192.0.2.7', null)]);
  const [a, b] = (await pseudonymsOf(database)).filter(({ user_id }) => ['a', 'b'].includes(user_id));
  expect(b?.masked_ip).toBe(a?.masked_ip);
});

describe('a function', () => {
  const PLAIN = { MASK_LAYER_KEY: TEST_LAYER_KEY };

  test('without MASK_ADOPTED writes nothing to an adopted table', async () => {
    const database = await createOld(TABLES['as it was asked for'], [hashed('a', '192.0.2.7', 'device')]);
    await runAdopt(database);
    const invoked = createFunction(database.writerUrl, PLAIN).invoke([login('b', '192.0.2.7', null)]);
    await expect(invoked).rejects.toThrow('set MASK_ADOPTED=sha256');
  });

  test('with MASK_ADOPTED writes nothing to a table that was written without it', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl, PLAIN).invoke([login('a', '192.0.2.7', null)]);
    const invoked = createFunction(database.writerUrl, ADOPTED).invoke([login('b', '192.0.2.7', null)]);
    await expect(invoked).rejects.toThrow('was written without MASK_ADOPTED');
  });
});
