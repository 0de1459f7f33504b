import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import pg from 'pg';
import { expect, inject, onTestFinished } from 'vitest';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { createSqsClient } from '../../localstack/embedded/sqs/queue-server.ts';
import { queueDepth } from '../../localstack/embedded/sqs/queues.ts';

const LOG_GROUP = '/aws/lambda/login-etl-localstack-';
const { endpoint, queueUrl, deadLetterQueueUrl } = inject('deployed');
const sqs = createSqsClient(endpoint);
/**
 * While LocalStack's event source waits for its window of a second, what it has received, or is to move to the
 * dead-letter queue, is counted nowhere.
 */
const QUIET_MS = 4_000;

export async function query<T extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** All bodies at once, so that they come in few batches. */
export async function send(bodies: readonly string[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += 10) {
    const Entries = bodies.slice(from, from + 10).map((MessageBody, i) => ({ Id: `${i}`, MessageBody }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    expect(Failed).toEqual([]);
  }
}

/** As if it had used up its receives. */
export async function sendDead(MessageBody: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody }));
}

/** Until every message has become a row or is in the dead-letter queue. */
export async function untilQueueIsEmpty(): Promise<void> {
  let emptySince = performance.now();
  const emptyForMs = async () => {
    const { visible, inFlight } = await queueDepth(sqs, queueUrl);
    if (visible + inFlight > 0) emptySince = performance.now();
    return performance.now() - emptySince;
  };
  await expect.poll(emptyForMs, { timeout: 100_000, interval: 250 }).toBeGreaterThan(QUIET_MS);
}

export async function maxReceiveCount(): Promise<number> {
  return JSON.parse(await queueAttribute('RedrivePolicy')).maxReceiveCount;
}

export function queueArn(): Promise<string> {
  return queueAttribute('QueueArn');
}

async function queueAttribute(name: 'RedrivePolicy' | 'QueueArn'): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [name] });
  const { Attributes = {} } = await sqs.send(command);
  return Attributes[name] ?? '';
}

/** Of the dead-letter queue, which is empty again when the test ends. */
export async function deadLettered(): Promise<Message[]> {
  onTestFinished(async () => {
    await sqs.send(new PurgeQueueCommand({ QueueUrl: deadLetterQueueUrl }));
  });
  const messages: Message[] = [];
  for (let received = -1; received !== 0; ) {
    const command = new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await sqs.send(command);
    received = Messages.length;
    messages.push(...Messages);
  }
  return messages;
}

/** What a function has printed since, as CloudWatch has it. */
export async function logsSince(time: number, name = 'ingest'): Promise<string> {
  const { region, ...credentials } = LOCAL_AWS;
  const client = new CloudWatchLogsClient({ endpoint, region, credentials });
  const pages = paginateFilterLogEvents({ client }, { logGroupName: `${LOG_GROUP}${name}`, startTime: time });
  let text = '';
  for await (const { events = [] } of pages) text += events.map(({ message }) => `${message}\n`).join('');
  return text;
}

/** Sums of the function's own metrics in those logs. */
export function sums(
  logs: string,
): Record<'Received' | 'Stored' | 'Duplicate' | 'Rejected' | 'RejectedAgain' | 'Retried', number> {
  const total = { Received: 0, Stored: 0, Duplicate: 0, Rejected: 0, RejectedAgain: 0, Retried: 0 };
  for (const line of logs.split('\n').filter((text) => text.includes('"Received":'))) {
    const metrics = JSON.parse(line);
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += metrics[name];
  }
  return total;
}
