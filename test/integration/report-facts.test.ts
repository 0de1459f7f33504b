import { describe, expect, test } from 'vitest';
import type { Facts } from '../../lambda/jobs/report/facts.ts';
import { readFacts } from '../../lambda/jobs/report/read-facts.ts';
import { reportPage } from '../../tools/report/page/page.ts';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { MANY_LOGINS } from '../support/many-logins.ts';
import { runLoginEtl } from '../support/program.ts';

interface Row {
  user_id: string | null;
  device_type: string | null;
  masked_ip: string | null;
  masked_device_id: string | null;
  locale: string | null;
  version: string | null;
  day: string | null;
}

const ROWS = `select user_id, device_type, masked_ip, masked_device_id, locale, app_version_text(app_version) as version,
                     create_date::text as day from user_logins`;
const pseudonym = (digit: string, prefix = 'k1') => `${prefix}_${digit.repeat(32)}`;

async function databaseWith(logins: number): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.query(`insert into mask_keys (name, check_value) values ('root', '00000000'), ('k1', '00000001')`);
  await database.query('select setseed(0.25)');
  if (logins > 0) await database.query(MANY_LOGINS, [logins]);
  return database;
}

async function factsOf(url: string, days: number | null = null): Promise<Facts> {
  return readFacts(await connectTo(url), { days });
}

/** The plain way: all rows, one by one. */
function countPlainly(rows: readonly Row[], column: 'masked_ip' | 'masked_device_id') {
  const users = new Map<string, Set<string | null>>();
  for (const row of rows) {
    const value = row[column];
    if (value === null || value.includes('t_')) continue;
    users.set(value, (users.get(value) ?? new Set()).add(row.user_id));
  }
  const sizes = [...users.values()].map((set) => set.size);
  return {
    pseudonyms: sizes.length,
    shared: sizes.filter((size) => size > 1).length,
    most: Math.max(...sizes),
    ofMost: [...users].filter(([, set]) => set.size === Math.max(...sizes)).map(([value]) => value),
  };
}

describe('the facts of a report', () => {
  test('are what counting all rows one by one gives', async () => {
    const database = await databaseWith(5_000);
    const facts = await factsOf(database.url);
    const rows = await database.query<Row & Record<string, unknown>>(ROWS);
    const days = rows.flatMap(({ day }) => day ?? []).sort();
    expect(facts).toMatchObject({
      logins: 5_000,
      users: new Set(rows.map(({ user_id }) => user_id)).size,
      first: days[0],
      last: days.at(-1),
      undated: 0,
      unit: 'day',
      keyIds: ['k1'],
      ipLike: { user_id: 0, device_type: 0, locale: 0 },
    });
    for (const [column, sharing] of [
      ['masked_device_id', facts.sharedDevices],
      ['masked_ip', facts.sharedIps],
    ] as const) {
      const plain = countPlainly(rows, column);
      expect(sharing).toMatchObject({ pseudonyms: plain.pseudonyms, shared: plain.shared });
      expect(sharing.top[0]?.users).toBe(plain.most);
      expect(plain.ofMost).toContain(sharing.top[0]?.pseudonym);
      expect(sharing.histogram.reduce((sum, bucket) => sum + bucket.pseudonyms, 0)).toBe(plain.pseudonyms);
    }
    for (const { name, logins } of facts.versions.top) {
      expect(logins).toBe(rows.filter(({ version }) => version === name).length);
    }
    const perDay = facts.periods.filter(({ day }) => day === days[0]).reduce((sum, { logins }) => sum + logins, 0);
    expect(perDay).toBe(days.filter((day) => day === days[0]).length);
    expect(facts.locales.others.names).toBe(new Set(rows.map(({ locale }) => locale)).size - 14);
    const [values, known, text] = facts.forms.filter(({ column }) => column === 'masked_ip');
    expect(values?.logins).toBe(rows.filter(({ masked_ip }) => masked_ip !== null).length);
    expect(known?.logins).toBe(rows.filter(({ masked_ip }) => masked_ip?.startsWith('k1_')).length);
    expect(text?.logins).toBe(rows.filter(({ masked_ip }) => masked_ip?.startsWith('k1t_')).length);
  });

  test('exist for an empty table too', async () => {
    const facts = await factsOf((await databaseWith(0)).url);
    expect(facts).toMatchObject({ logins: 0, users: 0, first: null, last: null, periods: [], unit: 'day' });
    expect(facts.sharedIps).toEqual({ pseudonyms: 0, shared: 0, histogram: [], top: [] });
  });

  test('can be read by the analyst', async () => {
    const database = await databaseWith(100);
    expect(await factsOf(database.analystUrl)).toMatchObject({ logins: 100, keyIds: ['k1'] });
  });

  test('come from one snapshot, whatever is written meanwhile', async () => {
    const database = await databaseWith(100);
    const client = await connectTo(database.url);
    const insert = `insert into user_logins (user_id, masked_ip, create_date) values ('late', '${pseudonym('f')}', '2000-01-01')`;
    const pending: Promise<unknown>[] = [];
    const facts = await readFacts(client, { days: null, onStep: () => pending.push(database.query(insert)) });
    await Promise.all(pending);
    expect(await database.query(`select from user_logins where user_id = 'late'`)).toHaveLength(3);
    expect(facts.logins).toBe(100);
    expect(facts.users).toBe((await factsOf(database.url)).users - 1);
  });

  test('of the last days count from today, in UTC', async () => {
    const database = await databaseWith(0);
    await database.query(`insert into user_logins (user_id, create_date)
      select 'u', (now() at time zone 'UTC')::date - i from generate_series(0, 9) i`);
    expect(await factsOf(database.url, 3)).toMatchObject({ logins: 3, days: 3 });
    expect(await factsOf(database.url, 1)).toMatchObject({ logins: 1 });
  });

  test('find values that are not pseudonyms, and text that looks like an address', async () => {
    const database = await databaseWith(0);
    await database.query(
      `insert into user_logins (user_id, masked_ip, masked_device_id, locale) values
       ('a', '192.0.2.1', $1, null), ('b', $2, 'raw', null), ('192.0.2.7', $3, null, 'x10.0.0.1'), ('1.2.3', $4, null, null)`,
      [pseudonym('a'), pseudonym('b', 'k2'), pseudonym('c', 'k1t'), pseudonym('c')],
    );
    const { forms, ipLike } = await factsOf(database.url);
    expect(forms).toEqual([
      { column: 'masked_ip', form: '', logins: 4 },
      { column: 'masked_ip', form: 'k1', logins: 1 },
      { column: 'masked_ip', form: 'k1t', logins: 1 },
      { column: 'masked_device_id', form: '', logins: 2 },
      { column: 'masked_device_id', form: 'k1', logins: 1 },
      { column: 'masked_device_id', form: 'k1t', logins: 0 },
    ]);
    expect(ipLike).toEqual({ user_id: 1, device_type: 0, locale: 1 });
  });

  test('name no value that is not a pseudonym', async () => {
    const database = await databaseWith(0);
    await database.query(`insert into user_logins (user_id, masked_ip) values ('a', '192.0.2.1'), ('b', '192.0.2.1')`);
    const facts = await factsOf(database.url);
    expect(facts.sharedIps.top).toMatchObject([{ pseudonym: null, users: 2 }]);
    expect(JSON.stringify(facts)).not.toContain('192.0.2.1');
  });

  test('survive days that are missing, infinite or a thousand years apart', async () => {
    const database = await databaseWith(0);
    await database.query(`insert into user_logins (user_id, create_date) values
      ('a', null), ('b', 'infinity'), ('c', '1020-02-03'), ('d', '2026-02-03')`);
    const facts = await factsOf(database.url);
    expect(facts).toMatchObject({ logins: 4, undated: 2, first: '1020-02-03', last: '2026-02-03', unit: 'month' });
    expect(facts.periods.map(({ day }) => day)).toEqual(['1020-02-01', '2026-02-01']);
  });
});

test('the SQL that a report prints gives the users of the largest cluster', async () => {
  const database = await databaseWith(20_000);
  const facts = await factsOf(database.analystUrl);
  const page = reportPage(facts, null);
  const statements = [...page.matchAll(/npx login-etl sql &quot;(.*?)&quot;</g)].map(([, sql = '']) =>
    sql.replaceAll('&#39;', "'"),
  );
  expect(statements).toHaveLength(2);
  for (const [i, { top }] of [facts.sharedDevices, facts.sharedIps].entries()) {
    const { json } = await runLoginEtl(['sql', '--json', statements[i] ?? ''], {
      env: { DATABASE_URL: database.analystUrl },
    });
    expect(json.rows).toHaveLength(Math.min(20, top[0]?.users ?? 0));
  }
});
