import type { SQSRecord } from 'aws-lambda';

/** When SQS took the message: milliseconds since 1970, or NaN. */
export function epochOf(record: SQSRecord): number {
  return Number(record.attributes.SentTimestamp);
}

export function toIso(epochMilliseconds: number): string | null {
  return Number.isNaN(epochMilliseconds) ? null : new Date(epochMilliseconds).toISOString();
}
