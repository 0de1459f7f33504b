import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

export const QUEUE_NAME = 'login-queue';
export const DEAD_LETTER_QUEUE_NAME = 'login-queue-dlq';

export interface QueueSettings {
  visibilityTimeoutSeconds: number;
  /** After so many receives without a delete a message goes to the dead-letter queue. */
  maxReceiveCount: number;
}

export interface Queues {
  queueUrl: string;
  deadLetterQueueUrl: string;
}

export async function createQueues(sqs: SQSClient, endpoint: string, settings: QueueSettings): Promise<Queues> {
  await sqs.send(new CreateQueueCommand({ QueueName: DEAD_LETTER_QUEUE_NAME }));
  const redrivePolicy = {
    deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${DEAD_LETTER_QUEUE_NAME}`,
    maxReceiveCount: settings.maxReceiveCount,
  };
  const Attributes = {
    VisibilityTimeout: `${settings.visibilityTimeoutSeconds}`,
    RedrivePolicy: JSON.stringify(redrivePolicy),
  };
  await sqs.send(new CreateQueueCommand({ QueueName: QUEUE_NAME, Attributes }));
  // The emulator's own URLs have a host name that not every resolver knows.
  const url = (name: string) => `${endpoint}/000000000000/${name}`;
  return { queueUrl: url(QUEUE_NAME), deadLetterQueueUrl: url(DEAD_LETTER_QUEUE_NAME) };
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
