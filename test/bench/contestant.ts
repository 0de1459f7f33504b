import type { SQSRecord } from 'aws-lambda';
import type { ContestantId } from './plan.ts';

/** One way from body strings to committed rows, on one connection of its own. */
export interface Contestant {
  id: ContestantId;
  /** Whose rows are counted. */
  database: ContestantId;
  /**
   * What is not timed.
   *
   * @returns what is: resolves after the commit; throws when anything was not stored that should be
   */
  prepare(records: readonly SQSRecord[]): Promise<() => Promise<void>>;
}
