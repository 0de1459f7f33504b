import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { createDeadLetters, createFour, failing, interruptAt, onCalls, WITHOUT_IP } from '../support/dead-letters.ts';

describe('purge', () => {
  test('deletes what has the reason, and nothing else', async () => {
    const { dlq, ids, deadDepth } = await createFour();
    const { exitCode, json } = await dlq(['purge', '--reason', 'missing ip', '--yes', '--json']);
    expect({ exitCode, json }).toEqual({
      exitCode: 0,
      json: { matching: { 'missing ip': 2 }, deleted: 2, left: 0, hidden: 0 },
    });
    expect(await deadDepth()).toEqual({ visible: 2, inFlight: 0 });
    const left = (await dlq(['list', '--json'])).json.messages;
    expect(left.map(({ id }: { id: string }) => id)).toEqual([ids[1], ids[2]]);
  });

  test('deletes all', async () => {
    const { dlq, deadDepth } = await createFour();
    expect(await dlq(['purge', '--all', '--yes'])).toMatchObject({ exitCode: 0, stdout: 'Deleted 4 messages.\n' });
    expect(await deadDepth()).toEqual({ visible: 0, inFlight: 0 });
  });

  test('does not say that all is deleted if somebody else has some', async () => {
    const { dlq, sqs, deadUrl } = await createFour();
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadUrl, MaxNumberOfMessages: 1 }));
    const { exitCode, json } = await dlq(['purge', '--all', '--yes', '--json']);
    expect({ exitCode, json }).toMatchObject({ exitCode: 1, json: { deleted: 3, left: 0, hidden: 1 } });
  });

  test('nor if somebody takes some meanwhile', async () => {
    const { dlq, sqs, deadUrl } = await createFour();
    let isTaken = false;
    const { exitCode, json, stderr } = await dlq(['purge', '--all', '--yes', '--json'], {
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          if (command === 'ReceiveMessageCommand' && !isTaken) {
            isTaken = true;
            await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadUrl, MaxNumberOfMessages: 3 }));
          }
          return call();
        }),
    });
    expect({ exitCode, json }).toMatchObject({ exitCode: 1, json: { deleted: 1, left: 0, hidden: 3 } });
    expect(stderr).toBe(
      '3 messages were counted but could not be received: somebody else has them, or the count is old.\n',
    );
  });

  test('an empty queue is not an error, and asks nothing', async () => {
    const { dlq } = await createDeadLetters();
    const result = await dlq(['purge', '--reason', 'too_complex'], { typed: '' });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'Deleted 0 messages.\n', stderr: '' });
  });

  test('a reason that no message has is refused, with those there are', async () => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, stdout, stderr } = await dlq(['purge', '--reason', 'not-json', '--yes']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^No message has the reason "not-json"[^\n]*not_json \(1\)[^\n]*\n$/);
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test.each(['4\n', 'purge\n', ' purge \n'])('asks, and takes %j for yes', async (typed) => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, stderr } = await dlq(['purge', '--all'], { typed });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('4 messages will be deleted for good:\n        2  missing ip\n');
    expect(await deadDepth()).toEqual({ visible: 0, inFlight: 0 });
  });

  test.each(['\n', 'y\n', '3\n', '44\n', 'PURGE\n'])('asks, and takes %j for no', async (typed) => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, stdout } = await dlq(['purge', '--all'], { typed });
    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: 'Deleted 0 messages; 4 more could not be deleted.\n',
    });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('if nobody can answer, nothing is looked at', async () => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, stderr } = await dlq(['purge', '--all']);
    expect(exitCode).toBe(2);
    expect(stderr).toBe('There is no terminal to confirm this on: --yes skips the question.\n');
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('Ctrl-C while it asks deletes nothing', async () => {
    const { dlq, deadDepth } = await createFour();
    const interrupt = new AbortController();
    const asking = dlq(['purge', '--all'], { typed: '', stop: interrupt.signal });
    await expect.poll(deadDepth).toEqual({ visible: 0, inFlight: 4 });
    setTimeout(() => interrupt.abort(), 50);
    expect(await asking).toMatchObject({ exitCode: 130, stdout: '' });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('what comes after it asked stays', async () => {
    const { dlq, sendDead, deadDepth } = await createFour();
    const { json } = await dlq(['purge', '--all', '--yes', '--json'], {
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          if (command === 'DeleteMessageBatchCommand') await sendDead(WITHOUT_IP);
          return call();
        }),
    });
    expect(json).toMatchObject({ deleted: 4, left: 0 });
    expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  });

  test('says what could not be deleted, and gives it back', async () => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, json } = await dlq(['purge', '--all', '--yes', '--json'], failing('DeleteMessageBatchCommand'));
    expect({ exitCode, json }).toMatchObject({ exitCode: 1, json: { deleted: 0, left: 4 } });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('an interrupt ends it between two calls, and what was done is told', async () => {
    const { dlq, sendDead, deadDepth } = await createDeadLetters();
    await Promise.all(Array.from({ length: 230 }, () => sendDead(WITHOUT_IP)));
    const interrupt = new AbortController();
    const { exitCode, json } = await dlq(['purge', '--all', '--yes', '--json'], {
      stop: interrupt.signal,
      onClient: (client) =>
        onCalls(client, (command, call) => {
          if (command === 'DeleteMessageBatchCommand') interrupt.abort();
          return call();
        }),
    });
    expect({ exitCode, json }).toMatchObject({ exitCode: 130, json: { deleted: 100, left: 130 } });
    expect(await deadDepth()).toEqual({ visible: 130, inFlight: 0 });
  });

  test('an interrupt before it begins to delete deletes nothing', async () => {
    const { dlq, deadDepth } = await createFour();
    expect(await dlq(['purge', '--all', '--yes'], interruptAt(3))).toMatchObject({ exitCode: 130, stdout: '' });
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('an answer that comes after the messages are visible again deletes none: somebody else may have them', async () => {
    const { dlq, deadDepth } = await createFour();
    let receives = 0;
    const { exitCode, stdout, stderr } = await dlq(['purge', '--all', '--yes'], {
      timing: { hideSeconds: 1 },
      onClient: (client) =>
        onCalls(client, async (command, call) => {
          const answer = await call();
          if (command === 'ReceiveMessageCommand' && ++receives === 2) await sleep(1_100);
          return answer;
        }),
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe('The answer took too long, so nothing was deleted: run this again.\n');
    await dlq(['list']);
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });
});
