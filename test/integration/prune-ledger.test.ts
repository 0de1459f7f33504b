import { expect, test } from 'vitest';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const addEntries = (database: TestDatabase, count: number, age: string) =>
  database.query(
    `insert into ingest_ledger select now() - $1::interval - n * interval '1 second', gen_random_uuid()
     from generate_series(1, $2) n`,
    [age, count],
  );

const countEntries = async (database: TestDatabase) =>
  (await database.query<{ count: number }>('select count(*)::integer as count from ingest_ledger'))[0]?.count;

test('deletes what is past retention, in chunks, and nothing else', async () => {
  const database = await createDatabase();
  await addEntries(database, 1_000, '36 days');
  await addEntries(database, 100, '34 days');
  expect(await database.query('call prune_ingest_ledger(chunk => 64)')).toEqual([{ deleted: '1000' }]);
  expect(await countEntries(database)).toBe(100);
  expect(await database.query('call prune_ingest_ledger()')).toEqual([{ deleted: '0' }]);
});

test('does not wait for locks: a locked entry is left for the next run', async () => {
  const database = await createDatabase();
  await addEntries(database, 10, '40 days');
  const other = await connectTo(database.url);
  await other.query('begin');
  await other.query('select * from ingest_ledger limit 3 for update');
  await database.query("set lock_timeout = '2s'");
  expect(await database.query('call prune_ingest_ledger()')).toEqual([{ deleted: '7' }]);
  await other.query('rollback');
});

test('can run twice at once, and beside writers', async () => {
  const database = await createDatabase();
  await addEntries(database, 20_000, '40 days');
  const pruners = await Promise.all([connectTo(database.url), connectTo(database.url)]);
  const lambda = createFunction(database.writerUrl);
  const writing = Promise.all(
    Array.from({ length: 20 }, () => lambda.invoke(Array.from({ length: 50 }, () => sqsRecord(VALID_BODY)))),
  );
  const results = await Promise.all(pruners.map((client) => client.query('call prune_ingest_ledger(chunk => 500)')));
  const written = await writing;
  expect(written.flatMap(({ failed }) => failed)).toEqual([]);
  expect(results.reduce((sum, { rows }) => sum + Number(rows[0].deleted), 0)).toBe(20_000);
  expect(await countEntries(database)).toBe(1_000);
});

test('refuses a retention shorter than a message can wait in the queues', async () => {
  const database = await createDatabase();
  await expect(database.query("call prune_ingest_ledger('20 days')")).rejects.toThrow('shorter than the 21 days');
});
