import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createVisibility } from '../../lambda/queue/visibility.ts';
import { startAwsServer, stubAwsEnvironment } from '../support/aws-server.ts';
import { createQueue } from '../support/queue.ts';

test('a message comes again when it was said to, and not before', async () => {
  const queue = await createQueue();
  stubAwsEnvironment();
  await queue.sendMany(2);
  const [now, later] = await queue.receive();
  const tries = [
    { receiptHandle: now?.ReceiptHandle ?? '', seconds: 0 },
    { receiptHandle: later?.ReceiptHandle ?? '', seconds: 2 },
  ];
  expect(await createVisibility(queue.url).schedule(tries)).toBe(0);
  expect((await queue.receive()).map(({ MessageId }) => MessageId)).toEqual([now?.MessageId]);
  await expect.poll(async () => (await queue.receive())[0]?.MessageId, { timeout: 20_000 }).toBe(later?.MessageId);
});

test('messages that SQS says cannot be changed are counted, and the others are changed', async () => {
  const queue = await createQueue();
  stubAwsEnvironment();
  await queue.sendMany(12);
  const handles = [...(await queue.receive()), ...(await queue.receive())].map(
    ({ ReceiptHandle }) => ReceiptHandle ?? '',
  );
  const tries = [...handles, 'no handle', 'nor is this'].map((receiptHandle) => ({ receiptHandle, seconds: 0 }));
  expect(await createVisibility(queue.url).schedule(tries)).toBe(2);
  expect(await queue.depth()).toEqual({ visible: 12, inFlight: 0 });
});

test('a queue that begins an answer and does not end it costs seconds, whatever the batch, and all are counted', async () => {
  const queue = await startAwsServer(() => ({ output: {} }));
  await queue.setMode('stall');
  stubAwsEnvironment();
  const tries = Array.from({ length: 1_000 }, (_, i) => ({ receiptHandle: `${i}`, seconds: 30 }));
  const startedAt = performance.now();
  expect(await createVisibility(`${queue.endpoint}/000000000000/q`).schedule(tries)).toBe(1_000);
  expect(performance.now() - startedAt).toBeLessThan(40_000);
});

test('a slow queue takes no more time than there is, and what it could not be told is counted', async () => {
  const queue = await startAwsServer(async () => {
    await sleep(1_000);
    return { output: {} };
  });
  stubAwsEnvironment();
  const tries = Array.from({ length: 1_000 }, (_, i) => ({ receiptHandle: `${i}`, seconds: 30 }));
  const visibility = createVisibility(`${queue.endpoint}/000000000000/q`);
  const notScheduled = await visibility.schedule(tries, performance.now() + 4_000);
  expect(notScheduled).toBeGreaterThanOrEqual(1_000 - 10 * queue.answered());
  expect(notScheduled).toBeLessThan(1_000);
  expect(queue.calls.length).toBeLessThan(100);
});
