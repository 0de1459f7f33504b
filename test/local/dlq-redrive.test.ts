import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import {
  createDeadLetters,
  createFour,
  type DeadLetters,
  failing,
  interruptAt,
  onCalls,
  WITHOUT_IP,
} from '../support/dead-letters.ts';
import { VALID_BODY } from '../support/records.ts';

const DAY_MS = 86_400_000;
const ORIGIN_ID = '11111111-2222-4333-8444-555555555555';
const originOf = (daysAgo: number) => ({
  origin_message_id: ORIGIN_ID,
  origin_sent_at: `${Date.now() - daysAgo * DAY_MS}`,
});

async function sentBack({ receive }: DeadLetters) {
  return (await receive()).map(({ Body = '', MessageAttributes = {} }) => ({
    body: Body,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue, BinaryValue }]) => [
        name,
        StringValue ?? BinaryValue,
      ]),
    ),
  }));
}

describe('redrive', () => {
  test('sends back what can become a row now, under its first id and send time, and leaves the rest', async () => {
    const queue = await createFour();
    const sentAt = (await queue.dlq(['list', '--json'])).json.messages[2].sentAt;
    const { exitCode, json } = await queue.dlq(['redrive', '--json']);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ dryRun: false, sent: 1, notDeleted: 0, left: { 'missing ip': 2, not_json: 1 } });
    expect(json.to).toMatch(/\/login-queue$/);
    expect(await queue.deadDepth()).toEqual({ visible: 3, inFlight: 0 });
    const attributes = { origin_message_id: queue.ids[2], origin_sent_at: `${Date.parse(sentAt)}` };
    expect(await sentBack(queue)).toEqual([{ body: JSON.stringify(VALID_BODY), attributes }]);
  });

  test('is complete when nothing that was asked for is left', async () => {
    const { dlq, depth } = await createFour();
    const { exitCode, stdout } = await dlq(['redrive', '--reason', 'passes checks']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'Sent 1 message back.\n' });
    expect(await depth()).toEqual({ visible: 1, inFlight: 0 });
  });

  test('--force sends what would be rejected again, unchanged', async () => {
    const queue = await createFour();
    const { exitCode, json } = await queue.dlq(['redrive', '--force', '--reason', 'not_json', '--json']);
    expect({ exitCode, json }).toMatchObject({ exitCode: 0, json: { sent: 1, left: {} } });
    expect(await sentBack(queue)).toMatchObject([
      { body: 'not json', attributes: { origin_message_id: queue.ids[1] } },
    ]);
  });

  test('--dry-run changes nothing', async () => {
    const { dlq, depth, deadDepth } = await createFour();
    const { exitCode, stdout } = await dlq(['redrive', '--dry-run']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^Would send 1 message back\.\n3 messages left .*:\n +2 {2}missing ip\n +1 {2}not_json\n$/);
    expect(await depth()).toEqual({ visible: 0, inFlight: 0 });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('--limit sends no more, and does not count as a failure', async () => {
    const { dlq, sendDead, depth, deadDepth } = await createDeadLetters();
    await Promise.all(Array.from({ length: 30 }, () => sendDead(VALID_BODY)));
    expect(await dlq(['redrive', '--limit', '13'])).toMatchObject({ exitCode: 0, stdout: 'Sent 13 messages back.\n' });
    expect([await depth(), await deadDepth()]).toMatchObject([{ visible: 13 }, { visible: 17, inFlight: 0 }]);
  });

  test('--rate takes its time', async () => {
    const { dlq, sendDead } = await createDeadLetters();
    await Promise.all(Array.from({ length: 11 }, () => sendDead(VALID_BODY)));
    const startedAt = performance.now();
    await dlq(['redrive', '--rate', '20']);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(490); // timers may fire a moment early
  });

  test('many go, each once', async () => {
    const { dlq, sendDead, depth, deadDepth } = await createDeadLetters();
    await Promise.all(Array.from({ length: 137 }, () => sendDead(VALID_BODY)));
    expect(await dlq(['redrive'])).toMatchObject({ exitCode: 0, stdout: 'Sent 137 messages back.\n' });
    expect([await depth(), await deadDepth()]).toMatchObject([{ visible: 137 }, { visible: 0, inFlight: 0 }]);
  });

  test('one that comes back while it runs is not sent again', async () => {
    const { dlq, sendDead, deadDepth } = await createDeadLetters();
    await sendDead(WITHOUT_IP);
    let receives = 0;
    const { exitCode, json } = await dlq(['redrive', '--force', '--json'], {
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          // As if the function had been faster: it is there again before the queue was found empty.
          if (command === 'ReceiveMessageCommand' && ++receives === 2) await sendDead(WITHOUT_IP);
          return call();
        }),
    });
    expect({ exitCode, json }).toMatchObject({ exitCode: 1, json: { sent: 1, left: { 'came while this ran': 1 } } });
    expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  });
});

describe('the first id and send time', () => {
  test('of one that was sent back before stay the first', async () => {
    const queue = await createDeadLetters();
    const origin = originOf(20);
    await queue.sendDead(VALID_BODY, origin);
    expect(await queue.dlq(['redrive'])).toMatchObject({ exitCode: 0 });
    expect(await sentBack(queue)).toMatchObject([{ attributes: origin }]);
  });

  test.each([
    ['expired', originOf(36)],
    ['bad_origin', { ...originOf(1), origin_message_id: 'no uuid' }],
  ])('that are %s need --as-new, with which its own take their place', async (reason, origin) => {
    const queue = await createDeadLetters();
    const id = await queue.sendDead(VALID_BODY, origin);
    expect((await queue.dlq(['list', '--json'])).json.counts).toEqual({ [reason]: 1 });
    const left = await queue.dlq(['redrive', '--json']);
    expect(left).toMatchObject({ exitCode: 1, json: { sent: 0, left: { [reason]: 1 } } });
    expect(await queue.dlq(['redrive', '--as-new'])).toMatchObject({ exitCode: 0 });
    expect(await sentBack(queue)).toMatchObject([{ attributes: { origin_message_id: id } }]);
  });

  test('that are good stay with --as-new', async () => {
    const queue = await createDeadLetters();
    const origin = originOf(20);
    await queue.sendDead(VALID_BODY, origin);
    await queue.dlq(['redrive', '--as-new']);
    expect(await sentBack(queue)).toMatchObject([{ attributes: origin }]);
  });
});

describe('where a message goes', () => {
  test('--to names another queue', async () => {
    const { dlq, sqs, endpoint, sendDead, depth } = await createDeadLetters();
    await sqs.send(new CreateQueueCommand({ QueueName: 'other' }));
    await sendDead(VALID_BODY);
    const to = `${endpoint}/000000000000/other`;
    expect(await dlq(['redrive', '--to', to, '--json'])).toMatchObject({ exitCode: 0, json: { to, sent: 1 } });
    expect(await depth()).toMatchObject({ visible: 0 });
  });

  test('not to the dead-letter queue itself', async () => {
    const { dlq, deadUrl, deadDepth } = await createFour();
    const { exitCode, stderr } = await dlq(['redrive', '--to', deadUrl]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '--to is the dead-letter queue itself.\n' });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('not to a queue of the right name whose dead letters go elsewhere', async () => {
    const { dlq, sqs, url } = await createFour();
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { RedrivePolicy: '' } }));
    const { exitCode, stderr } = await dlq(['redrive']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^No queue was found [^\n]*--to\.\n$/);
  });

  test('not anywhere when the queue is gone', async () => {
    const { dlq, sqs, url, deadDepth } = await createFour();
    await sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
    expect(await dlq(['redrive'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await dlq(['redrive', '--to', url])).toMatchObject({
      exitCode: 1,
      stderr: 'The queue does not exist: check its name, account and region.\n',
    });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });
});

describe('when something fails', () => {
  test('a message that SQS does not take is left, and the others go', async () => {
    const { dlq, sendDead, deadDepth } = await createDeadLetters();
    const large = { ...VALID_BODY, filler: 'x'.repeat(1024 * 1024 - 200) };
    await sendDead(large);
    await sendDead(VALID_BODY);
    const { exitCode, json } = await dlq(['redrive', '--json']);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ sent: 1, left: { 'refused by SQS InvalidParameterValue': 1 } });
    expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  });

  test('a reason that no message has is refused, with those there are', async () => {
    const { dlq, depth, deadDepth } = await createFour();
    const { exitCode, stdout, stderr } = await dlq(['redrive', '--reason', 'passes check']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('No message has the reason "passes check", so nothing was done.');
    for (const reason of ['missing ip (2)', 'not_json (1)', 'passes checks (1)']) expect(stderr).toContain(reason);
    expect(await depth()).toEqual({ visible: 0, inFlight: 0 });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('one that was sent and not deleted is reported, and sent again', async () => {
    const { dlq, depth, deadDepth } = await createFour();
    const args = ['redrive', '--reason', 'passes checks', '--json'];
    const failed = await dlq(args, failing('DeleteMessageBatchCommand'));
    expect(failed).toMatchObject({ exitCode: 1, json: { sent: 1, notDeleted: 1 } });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
    expect(await dlq(args)).toMatchObject({ exitCode: 0, json: { sent: 1, notDeleted: 0 } });
    expect(await depth()).toEqual({ visible: 2, inFlight: 0 });
  });

  test('a queue that takes nothing ends it, and what was done before is reported', async () => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, stdout, stderr } = await dlq(['redrive', '--force'], failing('SendMessageCommand'));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^Sent 0 messages back\.\n/);
    expect(stderr).not.toContain('canary');
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('what others have sent when one fails is deleted, too', async () => {
    const { dlq, sendDead, depth, deadDepth } = await createDeadLetters();
    await Promise.all(Array.from({ length: 10 }, () => sendDead(VALID_BODY)));
    const allBegun = Promise.withResolvers<void>();
    let sends = 0;
    const { exitCode } = await dlq(['redrive'], {
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          if (command !== 'SendMessageCommand') return call();
          const isFirst = ++sends === 1;
          if (sends === 8) allBegun.resolve();
          await allBegun.promise;
          if (isFirst) throw Object.assign(new Error(), { $metadata: {} });
          await sleep(100);
          return call();
        }),
    });
    expect(exitCode).toBe(1);
    expect(sends).toBe(8);
    expect([await depth(), await deadDepth()]).toEqual([
      { visible: 7, inFlight: 0 },
      { visible: 3, inFlight: 0 },
    ]);
  });

  test('nobody who waits for a turn sends after an interrupt', async () => {
    const { dlq, sendDead, depth, deadDepth } = await createDeadLetters();
    await Promise.all(Array.from({ length: 10 }, () => sendDead(VALID_BODY)));
    const interrupt = new AbortController();
    const { exitCode } = await dlq(['redrive', '--rate', '1'], {
      stop: interrupt.signal,
      onClient: (client) =>
        onCalls(client, (command, call) => {
          if (command === 'SendMessageCommand') interrupt.abort();
          return call();
        }),
    });
    expect(exitCode).toBe(130);
    expect([(await depth()).visible, (await deadDepth()).visible]).toEqual([1, 9]);
  });

  test.each([6, 7, 8, 9, 10])('an interrupt at call %i loses nothing and hides nothing', async (call) => {
    const { dlq, depth, deadDepth } = await createFour();
    expect((await dlq(['redrive', '--force'], interruptAt(call))).exitCode).toBe(130);
    const [sent, kept] = [await depth(), await deadDepth()];
    expect(sent.visible + kept.visible).toBe(4);
    expect(kept.inFlight).toBe(0);
  });
});

test('the attributes of a message stay, as many as there is room for', async () => {
  const queue = await createDeadLetters();
  const many = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`a${i}`, `${i}`]));
  await queue.sendDead(VALID_BODY, many);
  expect(await queue.dlq(['redrive'])).toMatchObject({ exitCode: 0 });
  const [message] = await sentBack(queue);
  const kept = Object.fromEntries(Object.entries(many).slice(0, 8));
  const origin = { origin_message_id: expect.any(String), origin_sent_at: expect.any(String) };
  expect(message?.attributes).toEqual({ ...kept, ...origin });
});

test('an attribute of bytes stays what it is', async () => {
  const queue = await createDeadLetters();
  const bytes = { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 128, 255) };
  const command = { QueueUrl: queue.deadUrl, MessageBody: JSON.stringify(VALID_BODY), MessageAttributes: { bytes } };
  await queue.sqs.send(new SendMessageCommand(command));
  expect(await queue.dlq(['redrive'])).toMatchObject({ exitCode: 0 });
  expect(await sentBack(queue)).toMatchObject([{ attributes: { bytes: bytes.BinaryValue } }]);
});
