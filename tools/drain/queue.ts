import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { errorName } from '../../lambda/errors.ts';
import { fifoQueue, wrongSetting } from './settings.ts';

/** What the queue says about itself. */
export interface QueueFacts {
  arn: string;
  visibilityTimeoutMs: number;
  hasDeadLetterQueue: boolean;
}

/** Messages in the queue by SQS's own count, which lags behind by up to a minute. */
export interface QueueDepth {
  visible: number;
  /** Held by a consumer, this one included, or waiting for their next try. */
  hidden: number;
  delayed: number;
}

/** SQS's default, and about what the slowest batch takes: with less, SQS hands out messages that are still being stored. */
const SHORTEST_VISIBILITY_MS = 30_000;

/**
 * @throws UserError if waiting cannot help; QueueUnreachable if SQS may answer in a moment
 */
export async function readQueue(sqs: SQSClient, QueueUrl: string): Promise<QueueFacts> {
  const attributes = await attributesOf(sqs, QueueUrl);
  if (attributes.FifoQueue === 'true') throw fifoQueue();
  const visibilityTimeoutMs = 1_000 * Number(attributes.VisibilityTimeout);
  if (visibilityTimeoutMs < SHORTEST_VISIBILITY_MS) {
    throw wrongSetting(
      `The queue hides a message for ${visibilityTimeoutMs / 1_000} s, and storing a batch may take longer: raise its ` +
        `VisibilityTimeout to at least ${SHORTEST_VISIBILITY_MS / 1_000} s.`,
    );
  }
  return { arn: attributes.QueueArn ?? '', visibilityTimeoutMs, hasDeadLetterQueue: Boolean(attributes.RedrivePolicy) };
}

export async function readDepth(sqs: SQSClient, QueueUrl: string): Promise<QueueDepth> {
  const attributes = await attributesOf(sqs, QueueUrl);
  return {
    visible: Number(attributes.ApproximateNumberOfMessages),
    hidden: Number(attributes.ApproximateNumberOfMessagesNotVisible),
    delayed: Number(attributes.ApproximateNumberOfMessagesDelayed),
  };
}

/** Its message is the error's name or system code. */
export class QueueUnreachable extends Error {}

/** Refusals that waiting cannot fix, by SQS's names for them. */
const FINAL: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'The queue does not exist in this account and region',
  'AWS.SimpleQueueService.NonExistentQueue': 'The queue does not exist in this account and region',
  InvalidAddress: 'QUEUE_URL is not the URL of a queue',
  AccessDenied: 'The credentials do not allow sqs:GetQueueAttributes on the queue',
  AccessDeniedException: 'The credentials do not allow sqs:GetQueueAttributes on the queue',
  InvalidClientTokenId: 'AWS does not know the credentials',
  UnrecognizedClientException: 'AWS does not know the credentials',
  SignatureDoesNotMatch: 'The secret access key does not belong to the access key id',
  InvalidSignatureException: 'The secret access key does not belong to the access key id',
  CredentialsProviderError: 'There are no AWS credentials',
};

async function attributesOf(sqs: SQSClient, QueueUrl: string): Promise<Record<string, string>> {
  try {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    return Attributes;
  } catch (error) {
    const { name } = error as Error;
    const sentence = FINAL[name];
    throw sentence ? wrongSetting(`${sentence} (${name}).`) : new QueueUnreachable(errorName(error));
  }
}
