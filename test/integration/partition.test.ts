import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const SCRIPT = readFileSync('lambda/store/schema/by-hand/partition-user-logins.sql', 'utf8');
const ROWS = 20_000;

/** Years of logins, of which many share an ip or a device. */
async function databaseWithRows(): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.query(`
    insert into user_logins
    select 'user-' || i % 700, 'ios', 'k1_' || md5('ip' || i % 5000), 'k1_' || md5('device' || i % 4000), 'EN', 2003000,
           current_date - i % 1000
    from generate_series(1, ${ROWS}) as i`);
  return database;
}

/** Of the table and of what analysts read, whatever the order of the rows. */
const digests = (query: TestDatabase['query']) => {
  const of = (source: string) =>
    `select '${source}' as source, count(*)::int, sum(hashtextextended(t::text, 0))::text from ${source} as t`;
  return query(`${['user_logins', 'duplicate_ips', 'duplicate_devices'].map(of).join(' union all ')} order by source`);
};

async function divide(url: string): Promise<void> {
  await (await connectTo(url)).query(SCRIPT);
}

test('the table is divided with its rows in place, and what reads or writes it goes on', async () => {
  const { url, analystUrl, query } = await databaseWithRows();
  const before = await digests(query);
  const [{ file }] = (await query("select pg_relation_filenode('user_logins') as file")) as [{ file: number }];

  await divide(url);

  const analyst = await connectTo(analystUrl);
  const asAnalyst: TestDatabase['query'] = async (sql) => (await analyst.query(sql)).rows;
  expect(await digests(asAnalyst)).toEqual(before);
  expect(await query("select pg_relation_filenode('user_logins_until_first_month') as file")).toEqual([{ file }]);
  expect(await query("select count(*)::int from pg_inherits where inhparent = 'user_logins'::regclass")).toEqual([
    { count: 62 },
  ]);
});

test('materialized views see every partition, and rights on columns go along', async () => {
  const { url, analystUrl, maintainerUrl, rekeyerUrl, query } = await databaseWithRows();
  await divide(url);
  await query(`
    insert into user_logins (user_id, masked_ip, create_date)
    select unnest(array['a', 'b']), 'k1_' || md5('later'), current_date + 400`);
  await (await connectTo(maintainerUrl)).query('select refresh_login_views()');
  const shared = "select users::int from shared_ips where masked_ip = 'k1_' || md5('later')";
  expect((await (await connectTo(analystUrl)).query(shared)).rows).toEqual([{ users: 2 }]);
  const moved = await (await connectTo(rekeyerUrl)).query('update user_logins set masked_ip = masked_ip');
  expect(moved.rowCount).toBe(ROWS + 2);
});

test('writers that are at work meanwhile lose nothing and store nothing twice', async () => {
  const { url, writerUrl, query } = await databaseWithRows();
  let isDivided = false;
  let stored = 0;
  const write = async () => {
    const lambda = createFunction(writerUrl);
    while (!isDivided) {
      const { outcomes } = await lambda.invoke(Array.from({ length: 20 }, () => sqsRecord(VALID_BODY)));
      expect(new Set(outcomes)).toEqual(new Set(['stored']));
      stored += outcomes.length;
    }
    await lambda.invoke([sqsRecord(VALID_BODY)]);
    stored += 1;
  };
  const writers = [write(), write(), write()];
  await divide(url);
  isDivided = true;
  await Promise.all(writers);
  expect(stored).toBeGreaterThan(3);
  expect(await query('select count(*)::int from user_logins')).toEqual([{ count: ROWS + stored }]);
});

test('a month is read from its partition alone, and a row of a month that nobody made is kept', async () => {
  const { url, query } = await databaseWithRows();
  await divide(url);
  await query("insert into user_logins (user_id, create_date) values ('late', current_date + 99 * 365)");
  expect(await query('select user_id from user_logins_of_no_month')).toEqual([{ user_id: 'late' }]);
  const plan = await query(`
    explain select masked_ip from user_logins
    where create_date >= date_trunc('month', current_date) + interval '5 months'
      and create_date < date_trunc('month', current_date) + interval '6 months'`);
  expect(JSON.stringify(plan)).toMatch(/Scan on user_logins_\d{4}_\d\d/);
  expect(JSON.stringify(plan)).not.toMatch(/until_first_month|of_no_month/);
});

test('privileges stay as they were', async () => {
  const { url, writerUrl, query } = await databaseWithRows();
  const privileges = () =>
    query<{ grants: string }>(`
      select string_agg(grantee::regrole || ' ' || privilege_type, ', ' order by 1) as grants
      from pg_class, aclexplode(relacl) where pg_class.oid = 'user_logins'::regclass and grantee <> relowner`);
  const before = await privileges();
  expect(before[0]?.grants).toContain('login_writer INSERT');
  await divide(url);
  expect(await privileges()).toEqual(before);
  await expect((await connectTo(writerUrl)).query('select * from user_logins')).rejects.toMatchObject({
    code: '42501',
  });
});

test('a second run, and rows that belong to no month, are refused and change nothing', async () => {
  const { url, query } = await databaseWithRows();
  await query('insert into user_logins (user_id) values (null)');
  await expect(divide(url)).rejects.toThrow('rows without a create_date');
  await query('delete from user_logins where create_date is null');
  expect(await query("select conname from pg_constraint where conrelid = 'user_logins'::regclass")).toEqual([]);
  await divide(url);
  await expect(divide(url)).rejects.toThrow('it has been divided already');
});

test('a query that holds the table for long makes it give up within seconds, and it can be run again', async () => {
  const { url, writerUrl, query } = await databaseWithRows();
  const analyst = await connectTo(url);
  await analyst.query('begin; select from user_logins limit 1');
  await expect(divide(url)).rejects.toMatchObject({ code: '55P03' });
  expect((await createFunction(writerUrl).invoke([sqsRecord(VALID_BODY)])).outcomes).toEqual(['stored']);
  await analyst.query('rollback');
  await divide(url);
  expect(await query('select count(*)::int from user_logins')).toEqual([{ count: ROWS + 1 }]);
});
