import type { SQSRecord } from 'aws-lambda';

/** SQS counts receives: what we count at the first one only is counted once, however often the message comes. */
export function isFirstReceive({ attributes }: SQSRecord): boolean {
  return attributes?.ApproximateReceiveCount === '1';
}
