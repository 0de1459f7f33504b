import { createHash } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { createQueue, QUEUE_ARN } from '../support/queue.ts';

const BOUND = { timeout: 60_000, interval: 20 };
const MIB = 1024 * 1024;
const EMPTY = { visible: 0, inFlight: 0 };

async function succeed(): Promise<unknown> {
  return { batchItemFailures: [] };
}

function idsOf(records: readonly SQSRecord[] = []): string[] {
  return records.map(({ messageId }) => messageId);
}

describe('a batch', () => {
  test('has more than the ten messages of one receive, and never more than the batch size', async () => {
    const queue = await createQueue();
    await queue.sendMany(30);
    const { done } = queue.listen(succeed, { batchSize: 14, windowMs: 1_000 });
    await expect.poll(() => done.map(({ messageIds }) => messageIds.length), BOUND).toEqual([14, 14, 2]);
    expect(new Set(done.flatMap(({ messageIds }) => messageIds)).size).toBe(30);
  });

  test('of size one holds one message, however many wait', async () => {
    const queue = await createQueue();
    await queue.sendMany(3);
    const { done } = queue.listen(succeed, { batchSize: 1 });
    await expect.poll(() => done.map(({ messageIds }) => messageIds.length), BOUND).toEqual([1, 1, 1]);
  });

  test('may have 10,000, and is not held back once it is full', async () => {
    const queue = await createQueue();
    await queue.sendMany(10_000);
    const { done } = queue.listen(succeed, { batchSize: 10_000, windowMs: 300_000 });
    await expect.poll(() => done.length, BOUND).toBe(1);
    expect(new Set(done[0]?.messageIds).size).toBe(10_000);
    expect(await queue.depth()).toEqual(EMPTY);
  });

  test('takes what arrives within its window', async () => {
    const queue = await createQueue();
    const { batches } = queue.listen(succeed, { windowMs: 2_000 });
    const first = await queue.send('first');
    await expect.poll(queue.depth, BOUND).toEqual({ visible: 0, inFlight: 1 });
    const second = await queue.send('second');
    await expect.poll(() => batches.map(idsOf), BOUND).toEqual([[first, second]]);
  });

  test('is closed by its window, however few it has', async () => {
    const queue = await createQueue();
    await queue.sendMany(3);
    const { batches } = queue.listen(succeed, { batchSize: 10_000, windowMs: 500 });
    await expect.poll(() => batches.map((records) => records.length), BOUND).toEqual([3]);
  });

  test.for([
    ['large bodies', 'x'.repeat(MIB)],
    ['bodies that JSON makes twice as long', '"'.repeat(MIB / 2)],
  ] as const)('is never more than the 6 MB that an invocation may be given: %s', async ([, body]) => {
    const queue = await createQueue();
    for (let i = 0; i < 15; i++) await queue.send(body);
    const { batches } = queue.listen(succeed, { batchSize: 10_000, windowMs: 1_000 });
    await expect.poll(() => batches.flat().length, BOUND).toBe(15);
    for (const Records of batches) expect(JSON.stringify({ Records }).length).toBeLessThanOrEqual(6 * MIB);
    expect(batches[0]?.length).toBeGreaterThan(1);
  });

  test('waits for the one before it', async () => {
    const queue = await createQueue();
    await queue.sendMany(4);
    let running = 0;
    const atOnce: number[] = [];
    const invoke = async () => {
      atOnce.push(++running);
      await queue.depth();
      running--;
    };
    queue.listen(invoke, { batchSize: 1 });
    await expect.poll(() => atOnce, BOUND).toEqual([1, 1, 1, 1]);
  });

  test('is gathered while the one before it is with the function, and no other one is', async () => {
    const queue = await createQueue();
    await queue.sendMany(5);
    const first = Promise.withResolvers<void>();
    const { batches, done } = queue.listen(() => first.promise, { batchSize: 1 });
    await expect.poll(queue.depth, BOUND).toEqual({ visible: 3, inFlight: 2 });
    await new Promise((passed) => setTimeout(passed, 300));
    expect(await queue.depth()).toEqual({ visible: 3, inFlight: 2 });
    expect(batches.length).toBe(1);
    first.resolve();
    await expect.poll(() => done.length, BOUND).toBe(5);
  });

  test('is with the function while what succeeded before it is deleted', async () => {
    const queue = await createQueue();
    await queue.sendMany(2);
    const { deleteBatch } = queue.busy;
    const mayDelete = Promise.withResolvers<void>();
    queue.busy.deleteBatch = async (handles) => {
      await mayDelete.promise;
      return deleteBatch(handles);
    };
    const { batches, done } = queue.listen(succeed, { batchSize: 1 });
    await expect.poll(() => batches.length, BOUND).toBe(2);
    expect(done).toEqual([]);
    mayDelete.resolve();
    await expect
      .poll(() => done.map(({ messageIds }) => messageIds[0]), BOUND)
      .toEqual(batches.map(([record]) => record?.messageId));
    expect(await queue.depth()).toEqual(EMPTY);
  });
});

test('a wait that ends without a message is reported', async () => {
  const queue = await createQueue();
  const { empties, done } = queue.listen(succeed, { waitSeconds: 1 });
  await expect.poll(() => empties.length, BOUND).toBe(2);
  await queue.sendMany(1);
  await expect.poll(() => done.length, BOUND).toBe(1);
});

test('a record has the shape that Lambda gives it', async () => {
  const queue = await createQueue();
  const body = '{"body": "é"}';
  const messageId = await queue.send(body, {
    text: { DataType: 'String', StringValue: 'é' },
    typed: { DataType: 'Number.int', StringValue: '7' },
    binary: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 128, 1]) },
  });
  const { batches } = queue.listen(succeed);
  await expect
    .poll(() => batches.flat(), BOUND)
    .toMatchObject([
      {
        messageId,
        receiptHandle: expect.stringMatching(/./),
        body,
        md5OfBody: createHash('md5').update(body).digest('hex'),
        eventSource: 'aws:sqs',
        eventSourceARN: QUEUE_ARN,
        awsRegion: 'us-east-1',
        attributes: {
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          ApproximateReceiveCount: '1',
          SenderId: expect.any(String),
        },
        messageAttributes: {
          text: { dataType: 'String', stringValue: 'é' },
          typed: { dataType: 'Number.int', stringValue: '7' },
          binary: { dataType: 'Binary', binaryValue: 'AP+AAQ==' },
        },
      },
    ]);
  expect(batches.flat()[0]?.messageAttributes.binary).not.toHaveProperty('stringValue');
  expect(batches.flat()[0]?.messageAttributes.text).not.toHaveProperty('binaryValue');
});
