import type { SQSRecord } from 'aws-lambda';

/** By SQS's count: what is counted at the first receive alone is counted once, however often the message comes. */
export function isFirstReceive({ attributes }: SQSRecord): boolean {
  return attributes?.ApproximateReceiveCount === '1';
}
