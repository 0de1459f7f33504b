import { describe, expect, test } from 'vitest';
import { type AwsAnswer, startAwsServer } from '../support/aws-server.ts';
import { createFour, runDlq } from '../support/dead-letters.ts';

const DEAD_ARN = 'arn:aws:sqs:us-east-1:000000000000:login-queue-dlq';
const urlOf = (name: string) => `http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/${name}`;

/** An SQS that knows ListDeadLetterSourceQueues, as AWS and LocalStack do, with an empty dead-letter queue. */
async function startSqs(...pages: string[][]) {
  const listSources = (token: unknown): AwsAnswer => {
    const page = Number(token ?? 0);
    const more = page + 1 < pages.length && { NextToken: `${page + 1}` };
    return { output: { queueUrls: pages[page] ?? [], ...more } };
  };
  return startAwsServer((operation, { QueueName, NextToken }) => {
    if (operation === 'GetQueueUrl') return { output: { QueueUrl: urlOf(`${QueueName}`) } };
    if (operation === 'ListDeadLetterSourceQueues') return listSources(NextToken);
    if (operation !== 'GetQueueAttributes') return { output: {} };
    const counts = { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' };
    return { output: { Attributes: { QueueArn: DEAD_ARN, ...counts } } };
  });
}

describe('where SQS knows the queues that send their dead letters here', () => {
  test('messages go to the one that there is', async () => {
    const { endpoint } = await startSqs([urlOf('login-queue')]);
    const { exitCode, json } = await runDlq(['redrive', '--json'], { AWS_ENDPOINT_URL: endpoint });
    expect({ exitCode, to: json.to }).toEqual({ exitCode: 0, to: urlOf('login-queue') });
  });

  test.each([
    ['two', [['one', 'two']]],
    ['two on two pages', [['one'], ['two']]],
  ])('of %s one has to be named', async (_name, pages) => {
    const { endpoint } = await startSqs(...pages);
    const { exitCode, stderr } = await runDlq(['redrive'], { AWS_ENDPOINT_URL: endpoint });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'Several queues send their dead letters here: name one by --to.\n',
    });
  });

  test('of none, too', async () => {
    const { endpoint } = await startSqs([]);
    expect(await runDlq(['redrive'], { AWS_ENDPOINT_URL: endpoint })).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('a refusal is one sentence', async () => {
    const { endpoint } = await startAwsServer((operation) =>
      operation === 'GetQueueUrl' ? { output: { QueueUrl: urlOf('q') } } : { error: 'AccessDeniedException' },
    );
    const { exitCode, stderr } = await runDlq(['redrive'], { AWS_ENDPOINT_URL: endpoint });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^SQS cannot be asked \(AccessDenied\)[^\n]*\n$/);
  });
});

describe('the queue can be named', () => {
  test('by its URL alone', async () => {
    const { deadUrl } = await createFour();
    const { exitCode, json } = await runDlq(['list', '--json', '--queue-url', deadUrl], {});
    expect({ exitCode, count: json.messages.length }).toEqual({ exitCode: 0, count: 4 });
  });

  test('by the stage, and by the stack', async () => {
    const { dlq } = await createFour();
    for (const name of [
      ['--stage', 'localstack'],
      ['--stack', 'login-etl-localstack'],
    ]) {
      expect((await dlq(['list', '--json', ...name])).json.messages).toHaveLength(4);
    }
  });

  test('and must be one of dead letters: one of live messages is not looked at', async () => {
    const queue = await createFour();
    await queue.send('live');
    for (const command of [['list'], ['purge', '--all', '--yes'], ['redrive', '--force']]) {
      const { exitCode, stdout, stderr } = await queue.dlq([...command, '--queue-url', queue.url]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^This queue has a dead-letter queue of its own[^\n]*\n$/);
    }
    const [message] = await queue.receive();
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
  });

  test('and one that does not exist, or a server that does not answer, is one sentence', async () => {
    const { dlq, endpoint } = await createFour();
    const gone = await dlq(['list', '--queue-url', `${endpoint}/000000000000/other-dlq`]);
    expect(gone).toMatchObject({
      exitCode: 1,
      stderr: 'The queue does not exist: check its name, account and region.\n',
    });
    const { exitCode, stderr } = await runDlq(['list'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^SQS cannot be asked \(ECONNREFUSED\)[^\n]*\n$/);
  });
});
