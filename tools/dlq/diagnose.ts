import type { SQSRecord } from 'aws-lambda';
import { reasonCode } from '../../lambda/batch/outcome.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';

/** What today's code makes of a message. */
export interface Diagnosis {
  /** A reason code, or a few words if there is none. */
  reason: string;
  /** The reason that the checks alone give, if the database was asked as well. */
  checked?: string;
  /** Whether it would go to the dead-letter queue again. */
  isBad: boolean;
}

/**
 * Either reason counts: one from a list without --try-insert also works for a command with it, and so does one without
 * the constraint's name, as metrics show it.
 */
export function hasReason({ reason, checked }: Diagnosis, asked: string | undefined): boolean {
  return asked === undefined || [reason, reasonCode(reason), checked].includes(asked);
}

export type Diagnose = (record: SQSRecord) => Promise<Diagnosis>;

/** Uses the checks alone; withTryInsert also asks the database. */
export const diagnoseByChecks: Diagnose = async (record) => {
  const message = parseMessage(record, Date.now());
  return message.ok ? { reason: 'passes checks', isBad: false } : { reason: message.reason, isBad: true };
};
