import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase, untilWaiting } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const countRows = async (database: TestDatabase) =>
  (await database.query<{ count: number }>('select count(*)::integer as count from user_logins'))[0]?.count;

const validRecords = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    sqsRecord({ ...VALID_BODY, user_id: `user ${i}`, ip: `198.51.100.${i % 250}` }),
  );

describe('a batch', () => {
  test('becomes one masked row per message', async () => {
    const database = await createDatabase();
    const sentAt = Date.UTC(2026, 2, 4, 23, 59, 59, 999);
    const { failed } = await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY, { sentAt })]);
    expect(failed).toEqual([]);
    const rows = await database.query('select *, create_date::text from user_logins');
    expect(rows).toEqual([
      {
        user_id: VALID_BODY.user_id,
        device_type: 'android',
        masked_ip: expect.stringMatching(/^k1_[0-9a-f]{32}$/),
        masked_device_id: expect.stringMatching(/^k1_[0-9a-f]{32}$/),
        locale: 'RU',
        app_version: 2003000,
        create_date: '2026-03-04',
      },
    ]);
  });

  test('keeps text that would be special to SQL or to an array literal', async () => {
    const database = await createDatabase();
    const texts = ['NULL', '{}', '"', "'", '\\N', '\\.', 'a,b', '\t\n\r', '\u0001', '😀', ' ', '{"a":1}', 'é', 'é'];
    await createFunction(database.writerUrl).invoke(texts.map((text) => sqsRecord({ ...VALID_BODY, user_id: text })));
    const rows = await database.query<{ user_id: string }>('select user_id from user_logins');
    expect(rows.map(({ user_id }) => user_id).sort()).toEqual([...texts].sort());
  });

  test('takes create_date from the send time in UTC, whatever the time zone of the server', async () => {
    const database = await createDatabase();
    await database.query(
      `alter database ${new URL(database.url).pathname.slice(1)} set timezone = 'Pacific/Kiritimati'`,
    );
    const sentAt = Date.UTC(2026, 0, 1, 12);
    await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY, { sentAt })]);
    expect(await database.query('select create_date::text from user_logins')).toEqual([{ create_date: '2026-01-01' }]);
  });

  test.each([
    ['{', 'not_json'],
    ['[]', 'not_object'],
    [{ ...VALID_BODY, user_id: undefined }, 'missing user_id'],
    [{ ...VALID_BODY, ip: 7 }, 'wrong_type ip'],
    [{ ...VALID_BODY, user_id: '' }, 'empty user_id'],
    [{ ...VALID_BODY, user_id: 'x'.repeat(129) }, 'too_long user_id'],
    [{ ...VALID_BODY, device_id: 'a\0b' }, 'bad_text device_id'],
    [[VALID_BODY], 'several_events'],
    [{ ...VALID_BODY, nested: { ip: '192.0.2.1' } }, 'ambiguous ip'],
    [JSON.parse(`${'{"a":'.repeat(12)}1${'}'.repeat(12)}`), 'too_complex'],
  ])('stores its valid messages beside one that is %j: %s', async (body, reason) => {
    const database = await createDatabase();
    const [first, last, bad] = [sqsRecord(VALID_BODY), sqsRecord(VALID_BODY), sqsRecord(body)];
    const { failed, outcomes } = await createFunction(database.writerUrl).invoke([first, bad, last]);
    expect(outcomes).toEqual(['stored', `rejected ${reason}`, 'stored']);
    expect(failed).toEqual([bad.messageId]);
    expect(await countRows(database)).toBe(2);
  });

  test('leaves nothing of a rejected message in the ledger, or its next delivery would pass for stored', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl).invoke([sqsRecord('{'), sqsRecord({ ...VALID_BODY, ip: 1 })]);
    expect(await database.query('select * from ingest_ledger')).toEqual([]);
  });

  test('keeps the longest texts that are allowed, in characters of four bytes', async () => {
    const database = await createDatabase();
    const longest = { ...VALID_BODY, user_id: '😀'.repeat(128), device_type: '🙂'.repeat(32), locale: '🙃'.repeat(32) };
    await createFunction(database.writerUrl).invoke(Array.from({ length: 200 }, () => sqsRecord(longest)));
    const rows = await database.query(
      'select distinct user_id, device_type, locale, count(*) over () from user_logins',
    );
    const { user_id, device_type, locale } = longest;
    expect(rows).toEqual([{ user_id, device_type, locale, count: '200' }]);
  });

  test.each([
    [-1, '1999-12-31'],
    [0, '2000-01-01'],
    [86_399_999, '2000-01-01'],
    [-Date.UTC(2000, 0, 1), '1970-01-01'],
  ])('keeps send time and date, %i ms from where Postgres begins to count', async (ms, date) => {
    const database = await createDatabase();
    const sentAt = Date.UTC(2000, 0, 1) + ms;
    await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY, { sentAt })]);
    const [row] = await database.query<{ sent_at: Date; create_date: string }>(
      'select sent_at, create_date::text from ingest_ledger, user_logins',
    );
    expect([row?.sent_at.getTime(), row?.create_date]).toEqual([sentAt, date]);
  });

  test('of ten thousand is written whole', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl).invoke(validRecords(10_000));
    expect(await countRows(database)).toBe(10_000);
  });
});

describe('redelivery', () => {
  test('of a whole batch adds no row', async () => {
    const database = await createDatabase();
    const lambda = createFunction(database.writerUrl);
    const records = validRecords(20);
    await lambda.invoke(records);
    const { failed, outcomes } = await lambda.invoke(records.toReversed());
    expect(failed).toEqual([]);
    expect(new Set(outcomes)).toEqual(new Set(['duplicate']));
    expect(await countRows(database)).toBe(20);
  });

  test('of a part of a batch stores the rest, in rows like the others', async () => {
    const database = await createDatabase();
    const lambda = createFunction(database.writerUrl);
    const records = Array.from({ length: 10 }, () => sqsRecord(VALID_BODY));
    await lambda.invoke(records.slice(3, 6));
    const { outcomes } = await lambda.invoke(records);
    expect(outcomes).toEqual(records.map((_, i) => (i >= 3 && i < 6 ? 'duplicate' : 'stored')));
    expect(await countRows(database)).toBe(10);
    const different = await database.query('select count(distinct to_jsonb(l))::int as count from user_logins as l');
    expect(different).toEqual([{ count: 1 }]);
  });

  test('within one batch gives one row', async () => {
    const database = await createDatabase();
    const [a, b] = validRecords(2) as [ReturnType<typeof sqsRecord>, ReturnType<typeof sqsRecord>];
    const { failed, outcomes } = await createFunction(database.writerUrl).invoke([a, b, a, a]);
    expect(failed).toEqual([]);
    expect(outcomes).toEqual(['stored', 'stored', 'duplicate', 'duplicate']);
    expect(await countRows(database)).toBe(2);
  });

  test('of two equal logins in two messages gives two rows', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY), sqsRecord(VALID_BODY)]);
    expect(await countRows(database)).toBe(2);
  });

  test('to four environments at once, in different orders, gives each row once', async () => {
    const database = await createDatabase();
    const records = validRecords(500);
    const orders = [records, records.toReversed(), records.toSorted(() => 0.5 - Math.random()), records.slice(100)];
    const results = await Promise.all(orders.map((order) => createFunction(database.writerUrl).invoke(order)));
    expect(results.flatMap(({ failed }) => failed)).toEqual([]);
    expect(results.flatMap(({ outcomes }) => outcomes).filter((outcome) => outcome === 'stored')).toHaveLength(500);
    expect(await countRows(database)).toBe(500);
  });

  test('to environments that got the same batch in opposite orders does not deadlock', async () => {
    const database = await createDatabase();
    const records = validRecords(5_000);
    const lambdas = [createFunction(database.writerUrl), createFunction(database.writerUrl)] as const;
    const orders = [records, records.toReversed()] as const;
    // Both stand at the ledger before either may begin.
    await database.query('begin');
    await database.query('lock table ingest_ledger in exclusive mode');
    const invocations = lambdas.map((lambda, i) => lambda.invoke(orders[i] ?? []));
    await untilWaiting(2, database.url, (sql) => database.query(sql));
    await database.query('commit');
    const results = await Promise.all(invocations);
    expect(results.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await countRows(database)).toBe(5_000);
  });

  test('of a message put back from the dead-letter queue is known by its first id and send time', async () => {
    const database = await createDatabase();
    const lambda = createFunction(database.writerUrl);
    const sentAt = Date.now() - 3 * 86_400_000;
    const first = sqsRecord(VALID_BODY, { sentAt });
    await lambda.invoke([first]);
    const attributes = { origin_message_id: first.messageId, origin_sent_at: `${sentAt}` };
    const { outcomes } = await lambda.invoke([sqsRecord(VALID_BODY, { attributes })]);
    expect(outcomes).toEqual(['duplicate']);
    expect(await countRows(database)).toBe(1);
  });

  test('of a message whose id is not a uuid is known all the same', async () => {
    const database = await createDatabase();
    const lambda = createFunction(database.writerUrl);
    const record = sqsRecord(VALID_BODY, { messageId: `not a uuid ${randomUUID()}`, sentAt: 1_790_000_000_000 });
    expect((await lambda.invoke([record])).outcomes).toEqual(['stored']);
    expect((await lambda.invoke([record])).outcomes).toEqual(['duplicate']);
  });
});
