import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { identify, ORIGIN_ATTRIBUTES } from '../../lambda/message/identity.ts';
import { awsErrorName } from './aws-error.ts';

/** SQS allows ten, and the origin takes two. */
const MAX_OTHER_ATTRIBUTES = 8;

/**
 * The message as it is to be sent: with its first id and send time as attributes, by which the ledger knows it. One that
 * claims an origin nobody can use, or that is older than the ledger remembers, stays as it is, to be rejected for that.
 *
 * @param asNew it gets its own id and time, so that redriving it twice does not make a second row
 * @param now milliseconds since 1970
 */
export function withOrigin(record: SQSRecord, asNew: boolean, now: number): SQSRecord {
  const { [ORIGIN_ATTRIBUTES.messageId]: _id, [ORIGIN_ATTRIBUTES.sentAt]: _time, ...others } = record.messageAttributes;
  const plain = { ...record, messageAttributes: others };
  const first = stamped(record, others, now);
  const choices = asNew ? [first, stamped(plain, others, now), plain] : [first];
  return choices.find((choice) => identify(choice, now).ok) ?? first;
}

function stamped(record: SQSRecord, others: SQSRecord['messageAttributes'], now: number): SQSRecord {
  const first = identify(record, now);
  if (!first.ok) return record;
  const text = (stringValue: string) => ({ dataType: 'String', stringValue });
  const messageAttributes = {
    ...Object.fromEntries(Object.entries(others).slice(0, MAX_OTHER_ATTRIBUTES)),
    [ORIGIN_ATTRIBUTES.messageId]: text(first.identity.messageId),
    [ORIGIN_ATTRIBUTES.sentAt]: text(`${first.identity.sentAt}`),
  };
  return { ...record, messageAttributes };
}

/** Answers of SQS that concern this message alone: a character or a size that it does not take (any more). */
const REFUSALS = ['InvalidMessageContents', 'InvalidParameterValue'];

/** @returns null once SQS has confirmed it, or why it does not take this message; throws if it takes none at all */
export async function sendBack(sqs: SQSClient, QueueUrl: string, record: SQSRecord): Promise<string | null> {
  const attributes = Object.entries(record.messageAttributes).map(([name, value]): [string, MessageAttributeValue] => {
    const { dataType: DataType, stringValue: StringValue, binaryValue } = value;
    return [name, { DataType, StringValue, ...(binaryValue && { BinaryValue: Buffer.from(binaryValue, 'base64') }) }];
  });
  const { MessageGroupId } = record.attributes;
  const command = new SendMessageCommand({
    QueueUrl,
    MessageBody: record.body,
    MessageAttributes: Object.fromEntries(attributes),
    ...(MessageGroupId && { MessageGroupId }),
  });
  try {
    await sqs.send(command);
    return null;
  } catch (error) {
    const name = awsErrorName(error);
    if (REFUSALS.includes(name)) return `refused by SQS ${name}`;
    throw error;
  }
}
