import type { SQSRecord } from 'aws-lambda';
import type { ContestantId } from './plan.ts';

/** One way from body strings to committed rows, on one connection of its own. */
export interface Contestant {
  id: ContestantId;
  /** Resolves after the commit; throws when anything was not stored. */
  write(records: readonly SQSRecord[]): Promise<void>;
}
