import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBusyQueue } from '../../tools/sqs/busy-queue.ts';
import { type AwsAnswer, startAwsServer } from '../support/aws-server.ts';
import { createQueue } from '../support/queue.ts';
import { authorizationOf } from '../support/signature.ts';

const QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/111122223333/logins';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const NOW = { max: 10, waitSeconds: 0 };

/** Answers in turn, the last one again and again. */
async function startSqs(...answers: AwsAnswer[]) {
  const left = [...answers];
  const server = await startAwsServer(() => (left.length > 1 ? left.shift() : left[0]) ?? { output: {} });
  const client = (more: object = {}) => {
    const sqs = new SQSClient({
      endpoint: server.endpoint,
      region: 'eu-central-1',
      credentials: CREDENTIALS,
      maxAttempts: 2,
      ...more,
    });
    const queue = createBusyQueue(sqs, QUEUE_URL);
    onTestFinished(queue.close);
    return queue;
  };
  return { server, client };
}

function message(Body: string, MD5OfBody: string) {
  return { MessageId: 'id', ReceiptHandle: 'handle', Body, MD5OfBody };
}

describe('a call', () => {
  test('asks for what an event source mapping gives, and carries the signature that AWS expects', async () => {
    const { server, client } = await startSqs();
    await client({ credentials: { ...CREDENTIALS, sessionToken: 'TOKEN==' } }).receive({ max: 7, waitSeconds: 1 });
    const [call] = server.calls;
    expect(call?.operation).toBe('ReceiveMessage');
    expect(call?.input).toEqual({
      QueueUrl: QUEUE_URL,
      MaxNumberOfMessages: 7,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    expect(call?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-security-token': 'TOKEN==',
    });
    const expected = call && authorizationOf(call, CREDENTIALS.accessKeyId, CREDENTIALS.secretAccessKey);
    expect(call?.headers.authorization).toBe(expected);
    expect(expected).toMatch(/SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,/);
  });

  test('goes by the clock that the client corrected', async () => {
    const { server, client } = await startSqs();
    await client({ systemClockOffset: 3_600_000 }).receive(NOW);
    const [, year, month, day, hour, minute, second] =
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(`${server.calls[0]?.headers['x-amz-date']}`) ?? [];
    const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    expect(signedAt - Date.now()).toBeGreaterThan(3_000_000);
  });

  test.for([
    ['a throttle', { error: 'com.amazonaws.sqs#RequestThrottled' }],
    ['a fault of SQS', { error: 'com.amazonaws.sqs#InternalError', status: 500 }],
  ] as const)('is made again after %s', async ([, refusal]) => {
    const { server, client } = await startSqs(refusal, { output: { Successful: [{ Id: '0' }] } });
    expect(await client().deleteBatch(['handle'])).toEqual([]);
    expect(server.calls.length).toBe(2);
  });

  test('is made as often as the client would', async () => {
    const { server, client } = await startSqs({ error: 'com.amazonaws.sqs#InternalError', status: 503 });
    await expect(client({ maxAttempts: 3 }).receive(NOW)).rejects.toMatchObject({ name: 'InternalError', status: 503 });
    expect(server.calls.length).toBe(3);
  });

  test('is not made again if SQS says that it is wrong, and shows only the name of the error', async () => {
    const { server, client } = await startSqs({ error: 'com.amazonaws.sqs#QueueDoesNotExist' });
    const refused = client().receive(NOW);
    await expect(refused).rejects.toThrow(/^SQS refused ReceiveMessage: QueueDoesNotExist$/);
    expect(server.calls.length).toBe(1);
  });

  test.for(['hang', 'stall', 'refuse', 'garble'] as const)(
    'fails where the server is in the state %s',
    async (state) => {
      const { server, client } = await startSqs();
      await server.setMode(state);
      const queue = client({ maxAttempts: 1 });
      const error: Error = await queue.receive(NOW).then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      expect(error.message).not.toMatch(/html/);
      await server.setMode('up');
      expect(await queue.receive(NOW)).toEqual([]);
    },
  );

  test('can be broken off while it waits', async () => {
    const { server, client } = await startSqs();
    await server.setMode('hang');
    const stop = new AbortController();
    const waiting = client().receive({ max: 1, waitSeconds: 20, signal: stop.signal });
    await expect.poll(() => server.calls.length).toBe(1);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.calls.length).toBe(1);
  });
});

test('a body that was damaged on its way fails the call', async () => {
  const md5 = '9dd4e461268c8034f5c8564e155c67a6'; // of "x"
  const { client } = await startSqs(
    { output: { Messages: [message('x', md5)] } },
    { output: { Messages: [message('x', md5), message('y', md5)] } },
    { output: { Successful: [{ Id: '0', MD5OfMessageBody: md5 }] } },
  );
  const queue = client();
  expect(await queue.receive(NOW)).toMatchObject([{ Body: 'x' }]);
  await expect(queue.receive(NOW)).rejects.toThrow(/MD5/);
  expect(await queue.sendBatch(['x'])).toEqual([]);
  await expect(queue.sendBatch(['y'])).rejects.toThrow(/MD5/);
});

test('what SQS did not do is told by position', async () => {
  const Failed = [{ Id: '1', Code: 'ReceiptHandleIsInvalid', SenderFault: true }];
  const { client } = await startSqs({ output: { Successful: [{ Id: '0' }, { Id: '2' }], Failed } });
  expect(await client().deleteBatch(['a', 'b', 'c'])).toEqual([1]);
});

test('without an endpoint of its own the client goes where the queue is', async () => {
  const queue = await createQueue();
  const sqs = new SQSClient({ region: 'us-east-1', credentials: CREDENTIALS });
  const busy = createBusyQueue(sqs, queue.url);
  onTestFinished(busy.close);
  expect(await busy.sendBatch(['x'])).toEqual([]);
  expect(await busy.receive(NOW)).toMatchObject([{ Body: 'x' }]);
});
