import type { Message } from '@aws-sdk/client-sqs';
import type { SQSMessageAttribute, SQSRecord, SQSRecordAttributes } from 'aws-lambda';

/** The record that Lambda makes of a message: the same content in other letter case. */
export function toRecord(message: Message, queueArn: string): SQSRecord {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(
    ([name, value]): [string, SQSMessageAttribute] => {
      const { DataType: dataType = 'String', StringValue: stringValue, BinaryValue } = value;
      const binaryValue = BinaryValue && Buffer.from(BinaryValue).toString('base64');
      return [
        name,
        { dataType, ...(stringValue !== undefined && { stringValue }), ...(binaryValue && { binaryValue }) },
      ];
    },
  );
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: (message.Attributes ?? {}) as unknown as SQSRecordAttributes,
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  };
}
