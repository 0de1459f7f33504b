import { ChangeMessageVisibilityBatchCommand, CreateQueueCommand, DeleteQueueCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { QUEUE_NAME } from '../../localstack/embedded/sqs/queues.ts';
import { createQueue, failNextCall } from '../support/queue.ts';

const BOUND = { timeout: 60_000, interval: 20 };
const EMPTY = { visible: 0, inFlight: 0 };

function failing(records: readonly SQSRecord[]) {
  return { batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function idsOf(records: readonly SQSRecord[] = []): string[] {
  return records.map(({ messageId }) => messageId);
}

/** Three messages, and the queue when the batch with them is done. */
async function afterInvoking(invoke: (event: SQSEvent) => Promise<unknown>) {
  const queue = await createQueue();
  const ids = [await queue.send('a'), await queue.send('b'), await queue.send('c')];
  const { batches, done } = queue.listen(invoke, { windowMs: 1_000, batchSize: 3 });
  await expect.poll(() => done.length, BOUND).toBe(1);
  expect(idsOf(batches[0])).toEqual(ids);
  return { ids, done: done[0], kept: [...(done[0]?.kept ?? [])], depth: await queue.depth() };
}

describe('what succeeded is deleted, and only that', () => {
  test('all of it', async () => {
    const { kept, done, depth } = await afterInvoking(async () => ({ batchItemFailures: [] }));
    expect(kept).toEqual([]);
    expect(done).not.toHaveProperty('error');
    expect(depth).toEqual(EMPTY);
  });

  test('or a part', async () => {
    const { ids, kept, depth } = await afterInvoking(async ({ Records }) => failing(Records.slice(1, 2)));
    expect(kept).toEqual([ids[1]]);
    expect(depth).toEqual({ visible: 0, inFlight: 1 });
  });

  test('of a large batch too', async () => {
    const queue = await createQueue();
    await queue.sendMany(95);
    const odd = ({ Records }: SQSEvent) => Records.filter(({ body }) => Number(body) % 2 === 1);
    const { batches, done } = queue.listen(async (event) => failing(odd(event)), { batchSize: 95, windowMs: 5_000 });
    await expect.poll(() => done.length, BOUND).toBe(1);
    expect([...(done[0]?.kept ?? [])]).toEqual(idsOf(odd({ Records: batches[0] ?? [] })));
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 47 });
  });

  test.for([
    undefined,
    null,
    {},
    { batchItemFailures: null },
    { batchItemfailures: [{ itemIdentifier: 'the key is misspelt, as it may be on AWS' }] },
  ])('which an empty answer says of all: %j', async (answer) => {
    const { kept, depth } = await afterInvoking(async () => answer);
    expect(kept).toEqual([]);
    expect(depth).toEqual(EMPTY);
  });
});

describe('a batch that failed as a whole is kept', () => {
  test.for([new Error('a function error'), 'a text', undefined])('if the function throws %s', async (thrown) => {
    const { ids, kept, done, depth } = await afterInvoking(() => Promise.reject(thrown));
    expect(kept).toEqual(ids);
    expect(done?.error).toEqual(thrown ?? expect.any(Error));
    expect(depth).toEqual({ visible: 0, inFlight: 3 });
  });

  test.for([
    { batchItemFailures: [{ itemIdentifier: '' }] },
    { batchItemFailures: [{ itemIdentifier: null }] },
    { batchItemFailures: [{ foo: 'notvalid' }] },
    { batchItemFailures: [{ itemIdentifier: 'not of this batch' }] },
    { batchItemFailures: 'all' },
    'done',
  ])('where the answer makes no sense: %j', async (answer) => {
    const { ids, kept, depth } = await afterInvoking(async () => answer);
    expect(kept).toEqual(ids);
    expect(depth).toEqual({ visible: 0, inFlight: 3 });
  });
});

describe('a failed message', () => {
  test('comes back when its visibility timeout is over, with a higher receive count', async () => {
    const queue = await createQueue({ visibilityTimeoutSeconds: 1 });
    const messageId = await queue.send('x');
    const { batches } = queue.listen(async ({ Records }) => (batches.length < 3 ? failing(Records) : null));
    await expect.poll(queue.depth, BOUND).toEqual(EMPTY);
    expect(batches.map(idsOf)).toEqual([[messageId], [messageId], [messageId]]);
    const attributes = batches.flat().map((record) => record.attributes);
    expect(attributes.map(({ ApproximateReceiveCount }) => ApproximateReceiveCount)).toEqual(['1', '2', '3']);
    expect(new Set(attributes.map(({ SentTimestamp }) => SentTimestamp)).size).toBe(1);
  });

  test('is hidden until then', async () => {
    const queue = await createQueue({ visibilityTimeoutSeconds: 300 });
    const first = await queue.send('fails');
    const { batches } = queue.listen(async ({ Records }) => failing(Records));
    await expect.poll(() => batches.length, BOUND).toBe(1);
    const second = await queue.send('later');
    await expect.poll(() => batches.map(idsOf), BOUND).toEqual([[first], [second]]);
  });

  test('comes back at once if the function ends its wait', async () => {
    const queue = await createQueue({ visibilityTimeoutSeconds: 3_600 });
    const messageId = await queue.send('x');
    const { batches } = queue.listen(async ({ Records }) => {
      if (batches.length > 1) return null;
      const Entries = Records.map(({ receiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle: receiptHandle }));
      const now = Entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
      await queue.sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries: now }));
      return failing(Records);
    });
    await expect.poll(() => batches.map(idsOf), BOUND).toEqual([[messageId], [messageId]]);
  });

  test('is in the dead-letter queue after its last receive, unchanged', async () => {
    const queue = await createQueue({ visibilityTimeoutSeconds: 1, maxReceiveCount: 2 });
    const Body = '{"user_id": "é",\n "ip": null}';
    const MessageId = await queue.send(Body, { origin: { DataType: 'String', StringValue: 'x' } });
    const { batches } = queue.listen(async ({ Records }) => failing(Records));
    await expect
      .poll(() => queue.receive('dead letters'), BOUND)
      .toMatchObject([{ MessageId, Body, MessageAttributes: { origin: { StringValue: 'x' } } }]);
    expect(batches.map(idsOf)).toEqual([[MessageId], [MessageId]]);
    expect(await queue.depth()).toEqual(EMPTY);
  });
});

test('a message that could not be deleted is reported as kept, and comes again', async () => {
  const queue = await createQueue({ visibilityTimeoutSeconds: 1 });
  const messageId = await queue.send('x');
  failNextCall(queue.busy, 'deleteBatch');
  const { done } = queue.listen(async () => null);
  await expect.poll(() => done.map(({ kept }) => [...kept]), BOUND).toEqual([[messageId], []]);
  expect(done.map(({ messageIds }) => messageIds)).toEqual([[messageId], [messageId]]);
  expect(await queue.depth()).toEqual(EMPTY);
});

describe('an error of the SQS server', () => {
  test('does not end the loop', async () => {
    const queue = await createQueue();
    await queue.sqs.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
    const { batches, errors } = queue.listen(async () => null);
    await expect.poll(() => errors, BOUND).toContain('QueueDoesNotExist');
    await queue.sqs.send(new CreateQueueCommand({ QueueName: QUEUE_NAME }));
    const messageId = await queue.send('x');
    await expect.poll(() => batches.map(idsOf), BOUND).toEqual([[messageId]]);
  });

  test('while a batch is gathered does not lose what it has', async () => {
    const queue = await createQueue({ visibilityTimeoutSeconds: 3_600 });
    const { batches } = queue.listen(async () => null, { windowMs: 500 });
    const messageId = await queue.send('x');
    await expect.poll(queue.depth, BOUND).toEqual({ visible: 0, inFlight: 1 });
    failNextCall(queue.busy, 'receive');
    await expect.poll(() => batches.map(idsOf), BOUND).toEqual([[messageId]]);
  });
});

describe('stopping', () => {
  test('waits for the batch in hand', async () => {
    const queue = await createQueue();
    await queue.send('x');
    const answer = Promise.withResolvers<void>();
    const { batches, done, stop } = queue.listen(() => answer.promise);
    await expect.poll(() => batches.length, BOUND).toBe(1);
    let isStopped = false;
    const stopped = stop().then(() => {
      isStopped = true;
    });
    await queue.depth();
    expect(isStopped).toBe(false);
    answer.resolve();
    await stopped;
    expect(done.map(({ kept }) => kept.size)).toEqual([0]);
    expect(await queue.depth()).toEqual(EMPTY);
  });

  test('lets a wait of a second end, so that what comes in it is not hidden from everybody', async () => {
    const queue = await createQueue();
    const { empties, stop } = queue.listen(async () => null, { waitSeconds: 1 });
    await expect.poll(() => empties.length, BOUND).toBe(1);
    const stopped = stop();
    await queue.send('x');
    await stopped;
    expect((await queue.depth()).inFlight).toBe(0);
  });

  test('ends the window of the batch in hand, and takes no message that comes later', async () => {
    const queue = await createQueue();
    const first = await queue.send('first');
    const { batches, stop } = queue.listen(async () => null, { windowMs: 300_000 });
    await expect.poll(queue.depth, BOUND).toEqual({ visible: 0, inFlight: 1 });
    await stop();
    await queue.send('second');
    expect(batches.map(idsOf)).toEqual([[first]]);
    expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0 });
  });
});
