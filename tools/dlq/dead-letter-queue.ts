import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { UserError } from '../cli/user-error.ts';
import type { QueueLocation } from './locate.ts';

export interface DeadLetterQueue {
  sqs: SQSClient;
  url: string;
  arn: string;
  /** SQS's approximate counts: visible messages, and those hidden because somebody else has received them. */
  visible: number;
  hidden: number;
}

/**
 * @param prepare gets the client before its first call
 * @throws UserError if the queue is not a dead-letter queue
 */
export async function openDeadLetterQueue(
  { client, queue }: QueueLocation,
  prepare: (sqs: SQSClient) => void,
): Promise<DeadLetterQueue> {
  const sqs = new SQSClient(client);
  prepare(sqs);
  const url = 'url' in queue ? queue.url : await urlOf(sqs, queue.name);
  const attributes = await attributesOf(sqs, url);
  // Looking into a live queue would use up its messages' receives, and purging it would lose them.
  if (attributes.RedrivePolicy) {
    throw new UserError('This queue has a dead-letter queue of its own, so it is not one itself: name that one.', 2);
  }
  return {
    sqs,
    url,
    arn: attributes.QueueArn ?? '',
    visible: Number(attributes.ApproximateNumberOfMessages),
    hidden: Number(attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

export async function urlOf(sqs: SQSClient, QueueName: string): Promise<string> {
  return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
}

export async function attributesOf(sqs: SQSClient, QueueUrl: string): Promise<Record<string, string>> {
  return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
}
