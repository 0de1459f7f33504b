import { randomUUID } from 'node:crypto';
import type { SQSEvent, SQSRecord } from 'aws-lambda';

/** A valid body; every value is fictional, the address from the range that RFC 5737 keeps for documentation. */
export const VALID_BODY = {
  user_id: '8b6c1f0e-3f5d-4c7e-9a54-1d2f6f0f9b11',
  app_version: '2.3.0',
  device_type: 'android',
  ip: '192.0.2.17',
  locale: 'RU',
  device_id: '593-47-5928',
} as const;

export interface RecordOptions {
  messageId?: string;
  /** Milliseconds since 1970. */
  sentAt?: number;
  /** Message attributes, all of type String. */
  attributes?: Record<string, string>;
}

/** @param body a text as it is, anything else as JSON */
export function sqsRecord(body: unknown, options: RecordOptions = {}): SQSRecord {
  const { messageId = randomUUID(), sentAt = Date.now(), attributes = {} } = options;
  const messageAttributes = Object.entries(attributes).map(([name, stringValue]) => [
    name,
    { dataType: 'String', stringValue },
  ]);
  return {
    messageId,
    receiptHandle: `handle of ${messageId}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      SentTimestamp: `${sentAt}`,
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: `${sentAt}`,
      SenderId: 'test',
    },
    messageAttributes: Object.fromEntries(messageAttributes),
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:login-queue',
    awsRegion: 'us-east-1',
  };
}

export function sqsEvent(records: SQSRecord[]): SQSEvent {
  return { Records: records };
}
