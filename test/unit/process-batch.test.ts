import type { SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { LoginRow } from '../../lambda/batch/login-row.ts';
import type { InsertOutcome, Outcome } from '../../lambda/batch/outcome.ts';
import type { PendingRows } from '../../lambda/batch/pending-rows.ts';
import { type BatchResult, failedMessageIds, processBatch } from '../../lambda/batch/process-batch.ts';
import { MalformedEventError } from '../../lambda/errors.ts';
import { readAll } from '../support/pending.ts';
import { VECTOR_MASKER } from '../support/pseudonyms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { createRefusingInsert, type InsertAnswer, Refusal } from '../support/refusing-insert.ts';

const NOW = Date.UTC(2026, 10, 20);
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`) as [
  string,
  string,
  string,
  string,
];
const STORED: InsertOutcome = { kind: 'stored' };
const REFUSAL = new Refusal('data', '22001');
const REFUSED: Outcome = { kind: 'rejected', reason: 'refused 22001' };
const UNCLEAR = new Refusal('unknown', 'P0001');
const WAITS: Outcome = { kind: 'retry', reason: 'unclassified P0001' };

const masker = VECTOR_MASKER;

const ACCEPTS = { insert: async (rows: PendingRows) => rows.keys.map(() => STORED), classify: () => null };

async function run(records: SQSRecord[], answerTo: (row: LoginRow) => InsertAnswer = () => STORED) {
  const { statements, insert, classify } = createRefusingInsert(answerTo);
  const write = { insert: (rows: PendingRows) => insert(readAll(rows)), classify };
  const result = await processBatch(records, { masker, ...write, now: () => NOW });
  return { result, rows: statements.flat(), statements };
}

function record(messageId: string, body: unknown = VALID_BODY, sentAt = NOW): SQSRecord {
  return sqsRecord(body, { messageId, sentAt });
}

function outcomes(result: BatchResult): Outcome[] {
  return result.deliveries.map(({ outcome }) => outcome);
}

describe('the rows handed to the write', () => {
  test('hold the masked event under its identity', async () => {
    const { rows } = await run([record(A, { ...VALID_BODY, ip: '199.172.111.135' }, NOW - 5)]);
    expect(rows).toEqual([
      {
        message_id: A,
        sent_at: NOW - 5,
        user_id: VALID_BODY.user_id,
        device_type: 'android',
        masked_ip: 'k1_16fa6ba94aa27df361254da966fb2fd9',
        masked_device_id: 'k1_ec0df8ca715ca510825d3fc9bb304c98',
        locale: 'RU',
        app_version: 2_003_000,
      },
    ]);
  });

  test('hold null where there is nothing to mask', async () => {
    const { rows } = await run([record(A, { ...VALID_BODY, ip: ' ', device_id: '', locale: null })]);
    expect(rows).toMatchObject([{ masked_ip: null, masked_device_id: null, locale: null }]);
  });

  test('come in one call, by ascending send time and then id', async () => {
    const { rows, statements } = await run([record(C), record(A), record(D, VALID_BODY, NOW - 9), record(B)]);
    expect(rows.map(({ message_id }) => message_id)).toEqual([D, A, B, C]);
    expect(statements).toHaveLength(1);
  });

  test('are only those of valid messages', async () => {
    const { rows } = await run([record(A, '{'), record(B), record(C, { ...VALID_BODY, ip: 1 })]);
    expect(rows.map(({ message_id }) => message_id)).toEqual([B]);
  });

  test('carry the first identity of a message put back from the dead-letter queue', async () => {
    const attributes = { origin_message_id: B, origin_sent_at: `${NOW - 7}` };
    const { rows } = await run([sqsRecord(VALID_BODY, { messageId: A, sentAt: NOW, attributes })]);
    expect(rows).toMatchObject([{ message_id: B, sent_at: NOW - 7 }]);
  });
});

describe('the outcomes', () => {
  test('stand in the order of the batch, whatever the order of the rows', async () => {
    const batch = [record(C), record(B, '[]'), record(A), record(D)];
    const { result } = await run(batch, ({ message_id }) => ({ [C]: REFUSAL, [A]: UNCLEAR })[message_id] ?? STORED);
    expect(outcomes(result)).toEqual([REFUSED, { kind: 'rejected', reason: 'not_object' }, WAITS, STORED]);
    expect(result.deliveries.map((delivery) => delivery.record)).toEqual(batch);
  });

  test('of a message put back are reported under the id it was received with', async () => {
    const attributes = { origin_message_id: B, origin_sent_at: `${NOW - 7}` };
    const { result } = await run([sqsRecord(VALID_BODY, { messageId: A, sentAt: NOW, attributes })], () => UNCLEAR);
    expect(failedMessageIds(result.deliveries)).toEqual([A]);
  });

  test('depend on the clock that was handed over', async () => {
    const attributes = { origin_message_id: B, origin_sent_at: '1' };
    const batch = [sqsRecord(VALID_BODY, { messageId: A, sentAt: 2, attributes })];
    const outcomesAt = async (now: number) =>
      outcomes(await processBatch(batch, { masker, ...ACCEPTS, now: () => now }));
    expect(await outcomesAt(2)).toEqual([STORED]);
    expect(await outcomesAt(NOW)).toEqual([{ kind: 'rejected', reason: 'expired' }]);
  });

  test('of no records are none', async () => {
    const { result } = await run([]);
    expect(result).toEqual({ deliveries: [], changedBy: {}, unknownKeysDropped: 0 });
  });
});

describe('without keys', () => {
  const outage = 'kms TimeoutError';
  const wait = { kind: 'retry', reason: outage };

  test('every valid message waits, and every other is rejected', async () => {
    const batch = [record(A), record(B, '{'), record(C, { ...VALID_BODY, ip: 'unknown', more: 1 }), record(A)];
    const result = await processBatch(batch, { outage, now: () => NOW });
    expect(outcomes(result)).toEqual([wait, { kind: 'rejected', reason: 'not_json' }, wait, wait]);
    expect(failedMessageIds(result.deliveries)).toEqual([A, B, C]);
    expect(result).toMatchObject({ changedBy: { placeholder_ip: 1 }, unknownKeysDropped: 1 });
  });

  test('a batch that could not be reported still fails', async () => {
    const nameless = { ...record(A), messageId: '' };
    await expect(processBatch([nameless], { outage, now: () => NOW })).rejects.toThrow(MalformedEventError);
  });
});

describe('a message that is in the batch twice', () => {
  test('is written once, and its second delivery is a duplicate', async () => {
    const { result, rows } = await run([record(A), record(B), record(A), record(A.toUpperCase())]);
    expect(rows.map(({ message_id }) => message_id)).toEqual([A, B]);
    const duplicate = { kind: 'duplicate' };
    expect(outcomes(result)).toEqual([STORED, STORED, duplicate, duplicate]);
  });

  test.for([
    [REFUSAL, REFUSED],
    [new Refusal('data', '23514', 'no_androids'), { kind: 'rejected', reason: 'refused 23514 no_androids' }],
    [UNCLEAR, WAITS],
  ] as const)('and not stored has the same outcome twice: %o', async ([refusal, outcome]) => {
    const { result } = await run([record(A), record(A)], () => refusal);
    expect(outcomes(result)).toEqual([outcome, outcome]);
    expect(failedMessageIds(result.deliveries)).toEqual([A]);
  });
});

test('a message that claims the id of another one in its batch takes nothing from it', async () => {
  const attributes = { origin_message_id: A, origin_sent_at: `${NOW - 1_000}` };
  const { result, rows } = await run([record(A), sqsRecord(VALID_BODY, { messageId: B, sentAt: NOW, attributes })]);
  expect(rows.map(({ message_id, sent_at }) => [message_id, sent_at])).toEqual([[A, NOW]]);
  expect(outcomes(result)).toEqual([STORED, { kind: 'retry', reason: 'id_clash' }]);
});

describe('the ids to report as failed', () => {
  test('are those rejected or to be retried, in the order of the batch', async () => {
    const duplicate: InsertOutcome = { kind: 'duplicate' };
    const batch = [record(D), record(C, '{'), record(B), record(A)];
    const { result } = await run(batch, ({ message_id }) => ({ [D]: UNCLEAR, [B]: duplicate })[message_id] ?? STORED);
    expect(failedMessageIds(result.deliveries)).toEqual([D, C]);
  });

  test('are none if all is stored', async () => {
    const { result } = await run([record(A), record(B)]);
    expect(failedMessageIds(result.deliveries)).toEqual([]);
  });

  test('are spelled as they were received', async () => {
    const { result } = await run([record(A.toUpperCase()), record('message-1')], () => UNCLEAR);
    expect(failedMessageIds(result.deliveries)).toEqual([A.toUpperCase(), 'message-1']);
  });
});

describe('what is counted', () => {
  const odd = { ...VALID_BODY, ip: '192.0.2.1:443', user_id: 7, app_version: '' };

  test('is every unknown key of a valid message, and by reason what was changed in it', async () => {
    const { result } = await run([
      record(A, { ...odd, a: 1, b: { c: 2, d: 3 } }),
      record(B, { ...odd, ip: 'not an address', user_id: 'x', c: 3 }),
      record(C, { ...VALID_BODY, ip: null }),
      record(D, { ...odd, user_id: '', d: 4 }),
    ]);
    const changedBy = { number_user_id: 1, no_version: 2, ip_port: 1, ip_text: 1 };
    expect(result).toMatchObject({ unknownKeysDropped: 4 });
    expect(result.changedBy).toEqual(changedBy);
  });

  test('is a message once, even if it is in the batch twice', async () => {
    const { result } = await run([record(A, { ...odd, a: 1 }), record(A, { ...odd, a: 1 })]);
    expect(result.changedBy).toEqual({ number_user_id: 1, no_version: 1, ip_port: 1 });
    expect(result.unknownKeysDropped).toBe(1);
  });

  test('is a message at its first receive, and not when it comes again', async () => {
    const again = record(A, { ...odd, a: 1 });
    again.attributes.ApproximateReceiveCount = '2';
    const { result } = await run([again, record(B, odd)]);
    expect(result.changedBy).toEqual({ number_user_id: 1, no_version: 1, ip_port: 1 });
    expect(result.unknownKeysDropped).toBe(0);
  });

  test('is what the database refuses, and what has to wait, like the rest', async () => {
    const { result } = await run([record(A, odd), record(B, odd)], ({ message_id }) =>
      message_id === A ? REFUSAL : UNCLEAR,
    );
    expect(result.changedBy).toEqual({ number_user_id: 2, no_version: 2, ip_port: 2 });
  });
});

describe('the whole batch fails', () => {
  test.for([undefined, '', 7])('where a record has the messageId %j, before anything is written', async (messageId) => {
    const nameless = { ...record(A), messageId } as SQSRecord;
    const statements: PendingRows[] = [];
    const insert = async (rows: PendingRows) => {
      statements.push(rows);
      return rows.keys.map(() => STORED);
    };
    const failing = processBatch([record(A), nameless], { masker, ...ACCEPTS, insert, now: () => NOW });
    await expect(failing).rejects.toThrow(MalformedEventError);
    await expect(failing).rejects.toThrow('1 of 2 records');
    expect(statements).toEqual([]);
  });

  test('where a record is none at all', async () => {
    await expect(run([record(A), null as never])).rejects.toThrow(MalformedEventError);
  });

  test('where the insert throws what is not an error of the database', async () => {
    const error = new TypeError('x');
    const insert = () => Promise.reject(error);
    const parts = { masker, ...ACCEPTS, insert, now: () => NOW };
    await expect(processBatch([record(A)], parts)).rejects.toBe(error);
  });

  test.for([[[]], [[STORED]], [[STORED, STORED, STORED]]])(
    'where the insert gives %j for two rows',
    async ([outcomes = []]) => {
      const parts = { masker, ...ACCEPTS, insert: async () => outcomes, now: () => NOW };
      await expect(processBatch([record(A), record(B)], parts)).rejects.toThrow(RangeError);
    },
  );
});
