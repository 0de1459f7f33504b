import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_AWS } from '../../../infra/localstack-endpoint.ts';

/** The emulator's only one. */
const ACCOUNT = '000000000000';
export const QUEUE_NAME = 'login-queue';
export const DEAD_LETTER_QUEUE_NAME = 'login-queue-dlq';

export interface QueueSettings {
  visibilityTimeoutSeconds: number;
  /** After so many receives without a delete a message goes to the dead-letter queue. */
  maxReceiveCount: number;
}

export interface CreatedQueues {
  queueUrl: string;
  queueArn: string;
  deadLetterQueueUrl: string;
}

export async function createQueues(sqs: SQSClient, endpoint: string, settings: QueueSettings): Promise<CreatedQueues> {
  await sqs.send(new CreateQueueCommand({ QueueName: DEAD_LETTER_QUEUE_NAME }));
  const redrivePolicy = {
    deadLetterTargetArn: arn(DEAD_LETTER_QUEUE_NAME),
    maxReceiveCount: settings.maxReceiveCount,
  };
  const Attributes = {
    VisibilityTimeout: `${settings.visibilityTimeoutSeconds}`,
    RedrivePolicy: JSON.stringify(redrivePolicy),
  };
  await sqs.send(new CreateQueueCommand({ QueueName: QUEUE_NAME, Attributes }));
  // The emulator's own URLs have a host name that not every resolver knows.
  const url = (name: string) => `${endpoint}/${ACCOUNT}/${name}`;
  return { queueUrl: url(QUEUE_NAME), queueArn: arn(QUEUE_NAME), deadLetterQueueUrl: url(DEAD_LETTER_QUEUE_NAME) };
}

function arn(name: string): string {
  return `arn:aws:sqs:${LOCAL_AWS.region}:${ACCOUNT}:${name}`;
}

export interface QueueDepth {
  visible: number;
  inFlight: number;
}

export async function queueDepth(sqs: SQSClient, queueUrl: string): Promise<QueueDepth> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}
