import type { Message } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { sendEvents } from '../../localstack/events/send-events.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { createQueue, type TestQueue } from '../support/queue.ts';

const MIB = 1024 * 1024;

interface Sent {
  /** Bodies of each call. */
  calls: string[][];
  count: number;
}

async function send(
  queue: TestQueue,
  bodies: Iterable<string>,
  options: { stop?: AbortSignal; ready?: () => Promise<void> } = {},
) {
  const { stop = new AbortController().signal, ready: whenReady = async () => {} } = options;
  const sent: Sent = { calls: [], count: 0 };
  const { sendBatch } = queue.busy;
  queue.busy.sendBatch = (call) => {
    sent.calls.push([...call]);
    return sendBatch(call);
  };
  async function* events() {
    let line = 0;
    for (const body of bodies) yield { body, line: ++line };
  }
  const onSent = (count: number) => {
    sent.count += count;
  };
  await sendEvents(events(), { queue: queue.busy, whenReady, onSent, stop });
  return sent;
}

async function bodiesIn(queue: TestQueue): Promise<string[]> {
  const messages: Message[] = [];
  for (let next = await queue.receive(); next.length > 0; next = await queue.receive()) messages.push(...next);
  return messages.map(({ Body = '' }) => Body);
}

describe('every event becomes a message', () => {
  test('in calls of ten', async () => {
    const queue = await createQueue();
    const bodies = Array.from({ length: 123 }, (_, i) => `{"event": ${i}}`);
    const { calls, count } = await send(queue, bodies);
    expect(calls.map((call) => call.length).sort((a, b) => b - a)).toEqual([...Array(12).fill(10), 3]);
    expect(count).toBe(123);
    expect((await bodiesIn(queue)).sort()).toEqual(bodies.sort());
  });

  test('in calls of at most 1 MiB, by bytes', async () => {
    const queue = await createQueue();
    const bodies = [300_000, 300_000, 224_285, 1, 10].map(
      (length) => `"${'é'.repeat(length / 2)}${length % 2 ? 'x' : ''}"`,
    );
    const largest = `"${'x'.repeat(MIB - 2)}"`;
    const { calls, count } = await send(queue, [...bodies, largest, '1']);
    expect(count).toBe(bodies.length + 2);
    for (const call of calls) expect(Buffer.byteLength(call.join(''))).toBeLessThanOrEqual(MIB);
    expect(calls).toContainEqual([largest]);
    expect((await bodiesIn(queue)).sort()).toEqual([...bodies, largest, '1'].sort());
  });

  test('as it is written, whether it is a login event or not', async () => {
    const queue = await createQueue();
    const bodies = ['{"a": 1.50,\n\t"a":2}', 'null', '"é"', '[ ]', '1e400'];
    await send(queue, bodies);
    expect((await bodiesIn(queue)).sort()).toEqual(bodies.sort());
  });
});

test('a character beyond 16 bits arrives, though the emulator refuses it as it is', async () => {
  const queue = await createQueue();
  const event = { user_id: '👤', locale: '𝄞' };
  await send(queue, [JSON.stringify(event)]);
  expect((await bodiesIn(queue)).map((body) => JSON.parse(body))).toEqual([event]);
});

test('no events are no call', async () => {
  expect(await send(await createQueue(), [])).toEqual({ calls: [], count: 0 });
});

test('an event that SQS refuses is one sentence with its line, which does not quote it', async () => {
  const queue = await createQueue();
  const fault = await send(queue, ['"1"', '"2"', '"192.0.2.17 \uffff"']).catch((error) => error);
  expect(fault).toBeInstanceOf(UserError);
  expect(fault.message).toMatch(/line 3\b/);
  expect(fault.message).not.toContain('192');
});

describe('of a long input', () => {
  function* endless() {
    for (let i = 0; ; i++) yield `${i}`;
  }

  test('no more is read than the queue may take', async () => {
    const queue = await createQueue();
    const stop = new AbortController();
    let read = 0;
    function* counted() {
      for (const body of endless()) {
        read++;
        yield body;
      }
    }
    const open = Promise.withResolvers<void>();
    const sending = send(queue, counted(), { stop: stop.signal, ready: () => open.promise });
    await expect.poll(() => read).toBeGreaterThanOrEqual(80);
    await queue.depth();
    expect(read).toBeLessThan(100);
    stop.abort();
    open.resolve();
    expect(await sending).toEqual({ calls: [], count: 0 });
  });

  test('no more is sent once it is stopped', async () => {
    const queue = await createQueue();
    const stop = new AbortController();
    let rounds = 0;
    const ready = async () => {
      if (++rounds === 20) stop.abort();
    };
    const { count } = await send(queue, endless(), { stop: stop.signal, ready });
    expect(count).toBe(190);
    expect(await queue.depth()).toEqual({ visible: 190, inFlight: 0 });
  });
});
