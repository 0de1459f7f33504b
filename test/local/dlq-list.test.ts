import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeMessageVisibilityCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { createDeadLetters, createFour, failing, interruptAt, onCalls, WITHOUT_IP } from '../support/dead-letters.ts';

interface Listed {
  id: string;
  reason: string;
  sentAt: string;
}

const idsOf = (json: { messages: Listed[] }) => json.messages.map(({ id }) => id);

describe('list', () => {
  test('counts by reason, and lists the oldest first', async () => {
    const { dlq, ids } = await createFour();
    const { exitCode, stdout } = await dlq(['list']);
    expect(exitCode).toBe(0);
    const rows = stdout.split('\n').slice(1, 5);
    expect(rows.map((row) => row.trim().split(/ {2,}/).slice(-2))).toEqual([
      ['missing ip', ids[0]],
      ['not_json', ids[1]],
      ['passes checks', ids[2]],
      ['missing ip', ids[3]],
    ]);
    expect(stdout).toMatch(/4 messages:\n +2 {2}missing ip\n +1 {2}not_json\n +1 {2}passes checks\n$/);
  });

  test('as JSON, on one line and nothing else', async () => {
    const { dlq, ids } = await createFour();
    const { exitCode, stdout, stderr, json } = await dlq(['list', '--json']);
    expect({ exitCode, stderr, lines: stdout.split('\n').length }).toEqual({ exitCode: 0, stderr: '', lines: 2 });
    expect(json).toMatchObject({ hidden: 0, counts: { 'missing ip': 2, not_json: 1, 'passes checks': 1 } });
    expect(idsOf(json)).toEqual(ids);
    expect(json.messages[1]).toEqual({
      id: ids[1],
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      receives: 1,
      reason: 'not_json',
    });
  });

  test('only one reason, and at most n messages, while the counts cover all', async () => {
    const { dlq, ids } = await createFour();
    const { json } = await dlq(['list', '--json', '--reason', 'missing ip', '--limit', '1']);
    expect(idsOf(json)).toEqual([ids[0]]);
    expect(json.counts).toEqual({ 'missing ip': 2, not_json: 1, 'passes checks': 1 });
    const { stdout } = await dlq(['list', '--reason', 'missing ip', '--limit', '1']);
    expect(stdout).toContain('4 messages, 2 of them with this reason, the 1 oldest shown:');
  });

  test('an empty queue is not an error', async () => {
    const { dlq } = await createDeadLetters();
    const stdout = 'There are no messages in the dead-letter queue.\n';
    expect(await dlq(['list'])).toMatchObject({ exitCode: 0, stdout });
  });
});

describe('looking does not use up receives', () => {
  test('the same is seen as often as you like', async () => {
    const { dlq, deadDepth } = await createFour();
    const first = (await dlq(['list', '--json'])).json;
    for (let i = 2; i <= 5; i++) {
      const { json } = await dlq(['list', '--json']);
      expect(json).toEqual({ ...first, messages: first.messages.map((one: Listed) => ({ ...one, receives: i })) });
    }
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('more messages than some calls give are seen each once', async () => {
    const { dlq, sendDead, deadDepth } = await createDeadLetters();
    await Promise.all(Array.from({ length: 137 }, () => sendDead(WITHOUT_IP)));
    const { json } = await dlq(['list', '--json']);
    expect(new Set(idsOf(json)).size).toBe(137);
    expect(json.counts).toEqual({ 'missing ip': 137 });
    expect(await deadDepth()).toEqual({ visible: 137, inFlight: 0 });
  });

  test('a message that SQS hands out again meanwhile is seen once, and given back', async () => {
    const { dlq, ids, deadDepth, sqs, deadUrl } = await createFour();
    let again: Message[] = [];
    const { json } = await dlq(['list', '--json'], {
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          const answer = (await call()) as { output: { Messages?: Message[] } };
          if (command !== 'ReceiveMessageCommand' || again.length > 0) return answer;
          again = answer.output.Messages ?? [];
          for (const { ReceiptHandle } of again) {
            const handle = { QueueUrl: deadUrl, ReceiptHandle, VisibilityTimeout: 0 };
            await sqs.send(new ChangeMessageVisibilityCommand(handle));
          }
          return answer;
        }),
    });
    expect(again).toHaveLength(4);
    expect(idsOf(json)).toEqual(ids);
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('nothing stays hidden when a call fails', async () => {
    const { dlq, deadDepth } = await createFour();
    let receives = 0;
    const result = await dlq(['list'], {
      onClient: (client) =>
        onCalls(client, (command, call) => {
          if (command !== 'ReceiveMessageCommand' || ++receives === 1) return call();
          throw Object.assign(new Error(), { name: 'ServiceUnavailable', $metadata: {} });
        }),
    });
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^SQS cannot be asked \(ServiceUnavailable\)[^\n]*\n$/);
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('nor what calls beside it have received', async () => {
    const { dlq, sendDead, deadDepth } = await createDeadLetters();
    await Promise.all(Array.from({ length: 60 }, () => sendDead(WITHOUT_IP)));
    let receives = 0;
    const { exitCode } = await dlq(['list'], {
      onClient: (client) =>
        onCalls(client, (command, call) => {
          // Of those that run side by side, after the first.
          if (command !== 'ReceiveMessageCommand' || ++receives !== 3) return call();
          throw Object.assign(new Error(), { name: 'ServiceUnavailable', $metadata: {} });
        }),
    });
    expect(exitCode).toBe(1);
    expect(await deadDepth()).toEqual({ visible: 60, inFlight: 0 });
  });

  test.each([1, 2, 3, 4])('nothing stays hidden when it is interrupted at call %i', async (call) => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, stdout, stderr } = await dlq(['list'], interruptAt(call));
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/^Giving back what was taken[^\n]*\nInterrupted\.\n$/);
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('an interrupt before it has begun hides nothing at all', async () => {
    const { dlq, receive } = await createFour();
    await dlq(['list'], interruptAt(2));
    const counts = (await receive('dead letters')).map(({ Attributes }) => Attributes?.ApproximateReceiveCount);
    expect(counts).toEqual(['1', '1', '1', '1']);
  });

  test('what is visible again already needs no giving back', async () => {
    const { dlq, receive } = await createFour();
    let receives = 0;
    const { exitCode, stderr } = await dlq(['list'], {
      timing: { hideSeconds: 1 },
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          const answer = await call();
          if (command !== 'ReceiveMessageCommand' || ++receives !== 2) return answer;
          await sleep(1_100);
          expect(await receive('dead letters')).toHaveLength(4);
          return answer;
        }),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test('what cannot be given back is said', async () => {
    const { dlq } = await createFour();
    const { exitCode, stderr } = await dlq(['list'], failing('ChangeMessageVisibilityBatchCommand'));
    expect(exitCode).toBe(1);
    expect(stderr).toBe('4 messages could not be given back, and can be seen again in 15 minutes.\n');
  });

  test('if SQS is silent it does not wait for every call', async () => {
    const { dlq, sendDead } = await createDeadLetters();
    await Promise.all(Array.from({ length: 300 }, () => sendDead(WITHOUT_IP)));
    let calls = 0;
    const { stderr } = await dlq(['list'], {
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          if (command !== 'ChangeMessageVisibilityBatchCommand') return call();
          calls++;
          await sleep(10);
          throw new Error('no answer');
        }),
    });
    expect(stderr).toContain('300 messages could not be given back');
    // Eight side by side, and what those begin that hear of a failure before all have failed.
    expect(calls).toBeLessThan(16);
  });

  test('what somebody else has at the moment is said', async () => {
    const { dlq, sqs, deadUrl } = await createFour();
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadUrl, MaxNumberOfMessages: 3 }));
    const { json, stderr, exitCode } = await dlq(['list', '--json']);
    expect({ exitCode, hidden: json.hidden, seen: json.messages.length }).toEqual({ exitCode: 0, hidden: 3, seen: 1 });
    expect(stderr).toContain('3 messages seem hidden');
  });
});
