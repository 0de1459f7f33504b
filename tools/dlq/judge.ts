import type { SQSRecord } from 'aws-lambda';
import { parseMessage } from '../../lambda/message/parse-message.ts';

/** What today's code makes of a message. */
export interface Verdict {
  /** A reason code, or a few words where there is none. */
  reason: string;
  /** Whether it would go to the dead-letter queue again. */
  isBad: boolean;
}

export type Judge = (record: SQSRecord) => Promise<Verdict>;

/** By the checks alone; withTryInsert also asks the database. */
export const judgeByChecks: Judge = async (record) => {
  const message = parseMessage(record, Date.now());
  return message.ok ? { reason: 'passes checks', isBad: false } : { reason: message.reason, isBad: true };
};
