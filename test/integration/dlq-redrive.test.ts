import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  PurgeQueueCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, test } from 'vitest';
import { toRecord } from '../../lambda/queue/to-record.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import {
  createDeadLetters,
  type DeadLetters,
  type DlqOptions,
  failing,
  onCalls,
  WITHOUT_IP,
} from '../support/dead-letters.ts';
import { createFunction, type TestFunction } from '../support/function.ts';
import { QUEUE_ARN } from '../support/queue.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const GOOD = 5;
/** A redrive of these messages makes so many calls; later ones are never reached. */
const MORE_THAN_ALL_CALLS = 40;
const userOf = (i: number) => ({ ...VALID_BODY, user_id: `user ${i}` });

interface Pipeline extends DeadLetters {
  database: TestDatabase;
  /** Runs the function on all that is in the queue, and deletes what it stored. */
  drain(): Promise<void>;
}

async function createPipeline(): Promise<Pipeline> {
  const queue = await createDeadLetters();
  const database = await createDatabase();
  const ingest = createFunction(database.writerUrl);
  return { ...queue, database, drain: () => drain(queue, ingest) };
}

async function drain({ sqs, url, receive }: DeadLetters, ingest: TestFunction): Promise<void> {
  for (let messages = await receive(); messages.length > 0; messages = await receive()) {
    const { failed } = await ingest.invoke(messages.map((message) => toRecord(message, QUEUE_ARN)));
    expect(failed).toEqual([]);
    for (const { ReceiptHandle } of messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
  }
}

/** Five that can become rows, of which the first is one already, and one that cannot. @returns the last one's id */
async function fill({ sendDead, database, sqs, url, deadUrl, dlq }: Pipeline): Promise<string> {
  for (const QueueUrl of [url, deadUrl]) await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await database.query('truncate user_logins, ingest_ledger');
  const bad = await sendDead(WITHOUT_IP);
  const first = await sendDead(userOf(0));
  for (let i = 1; i < GOOD; i++) await sendDead(userOf(i));
  const { json } = await dlq(['list', '--json']);
  const { sentAt } = json.messages.find(({ id }: { id: string }) => id === first);
  const delivery = sqsRecord(userOf(0), { messageId: first, sentAt: Date.parse(sentAt) });
  expect((await createFunction(database.writerUrl).invoke([delivery])).outcomes).toEqual(['stored']);
  return bad;
}

/** What can happen at a call, by what is then to become of it and of those after it. */
const FAULTS = {
  'a call fails': (isThis: boolean, _isLater: boolean, call: Call) => (isThis ? lost() : call()),
  'the answer to a call is lost': async (isThis: boolean, _isLater: boolean, call: Call) => {
    const answer = await call();
    return isThis ? lost() : answer;
  },
  'the process dies before a call': (isThis: boolean, isLater: boolean, call: Call) =>
    isThis || isLater ? lost() : call(),
  'the process dies after a call': async (isThis: boolean, isLater: boolean, call: Call) => {
    if (isLater) return lost();
    const answer = await call();
    return isThis ? lost() : answer;
  },
};

type Call = () => Promise<unknown>;
type Fault = (typeof FAULTS)[keyof typeof FAULTS];

function lost(): never {
  throw Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' });
}

/** @returns how to run the command with the fault, and what to do when time has passed and all is visible again */
function faultAt(position: number, fault: Fault, { sqs, deadUrl }: DeadLetters) {
  const received: Message[] = [];
  let calls = 0;
  const onClient = (client: SQSClient) =>
    onCalls(client, async (command, call) => {
      const number = ++calls;
      const kept = async () => {
        const answer = (await call()) as { output: { Messages?: Message[] } };
        if (command === 'ReceiveMessageCommand') received.push(...(answer.output.Messages ?? []));
        return answer;
      };
      return fault(number === position, number > position, kept);
    });
  const untilVisible = async () => {
    for (const { ReceiptHandle } of received) {
      const handle = { QueueUrl: deadUrl, ReceiptHandle, VisibilityTimeout: 0 };
      await sqs.send(new ChangeMessageVisibilityCommand(handle)).catch(() => {});
    }
  };
  return { options: { onClient } satisfies DlqOptions, untilVisible, wasReached: () => calls >= position };
}

async function expectAllOnce({ database, depth, deadDepth, dlq }: Pipeline, bad: string): Promise<void> {
  const rows = await database.query<{ user_id: string }>('select user_id from user_logins order by user_id');
  expect(rows.map(({ user_id }) => user_id)).toEqual(Array.from({ length: GOOD }, (_, i) => `user ${i}`));
  expect(await database.query('select from ingest_ledger')).toHaveLength(GOOD);
  expect(await depth()).toEqual({ visible: 0, inFlight: 0 });
  expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  const { json } = await dlq(['list', '--json']);
  expect(json.messages).toMatchObject([{ id: bad, reason: 'missing ip' }]);
}

describe('each message becomes exactly one row, and none is lost, whatever ends a redrive', () => {
  let pipeline: Pipeline;
  beforeEach(async () => {
    pipeline = await createPipeline();
  });

  test.each(Object.entries(FAULTS))('when %s, at each of its calls', async (_name, fault) => {
    let position = 1;
    for (let wasReached = true; wasReached && position < MORE_THAN_ALL_CALLS; position++) {
      const bad = await fill(pipeline);
      const at = faultAt(position, fault, pipeline);
      const interrupted = await pipeline.dlq(['redrive'], at.options);
      expect(interrupted.exitCode, `at call ${position}`).toBe(1);
      await at.untilVisible();
      expect(await pipeline.dlq(['redrive', '--json'])).toMatchObject({
        exitCode: 1,
        json: { left: { 'missing ip': 1 } },
      });
      await pipeline.drain();
      await expectAllOnce(pipeline, bad);
      wasReached = at.wasReached();
    }
    expect(position).toBeGreaterThan(15);
    expect(position).toBeLessThan(MORE_THAN_ALL_CALLS);
  });

  test('when it is interrupted, at each of its calls', async () => {
    for (let position = 1, wasReached = true; wasReached && position < MORE_THAN_ALL_CALLS; position++) {
      const bad = await fill(pipeline);
      const interrupt = new AbortController();
      let calls = 0;
      const interrupted = await pipeline.dlq(['redrive'], {
        stop: interrupt.signal,
        onClient: (client) =>
          onCalls(client, (_command, call) => {
            if (++calls === position) interrupt.abort();
            return call();
          }),
      });
      wasReached = calls >= position;
      expect(interrupted.exitCode).toBe(wasReached ? 130 : 1);
      expect(await pipeline.deadDepth()).toMatchObject({ inFlight: 0 });
      await pipeline.dlq(['redrive']);
      await pipeline.drain();
      await expectAllOnce(pipeline, bad);
    }
  });

  test('when two run at once', async () => {
    const bad = await fill(pipeline);
    await Promise.all([pipeline.dlq(['redrive']), pipeline.dlq(['redrive'])]);
    await pipeline.drain();
    await expectAllOnce(pipeline, bad);
  });

  test('when --as-new, for one that is too old, is cut off between send and delete', async () => {
    const { sendDead, dlq, depth, database } = pipeline;
    const origin = { origin_message_id: '11111111-2222-4333-8444-555555555555', origin_sent_at: '1000000000000' };
    await sendDead(VALID_BODY, origin);
    expect(await dlq(['redrive', '--as-new'], failing('DeleteMessageBatchCommand'))).toMatchObject({ exitCode: 1 });
    expect(await dlq(['redrive', '--as-new'])).toMatchObject({ exitCode: 0 });
    expect(await depth()).toMatchObject({ visible: 2 });
    await pipeline.drain();
    expect(await database.query('select from user_logins')).toHaveLength(1);
  });
});
