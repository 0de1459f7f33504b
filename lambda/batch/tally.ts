import { isFirstReceive } from '../message/first-receive.ts';
import type { Delivery } from './process-batch.ts';

/** Counts of deliveries: received = stored + duplicate + rejected + rejectedAgain + retried. */
export interface Tally {
  received: number;
  stored: number;
  duplicate: number;
  /** At their first receive, so that a message is counted once on its way to the dead-letter queue. */
  rejected: number;
  rejectedAgain: number;
  retried: number;
  /** Those of `rejected`. */
  rejectedBy: Record<string, number>;
  retriedBy: Record<string, number>;
}

export function tally(deliveries: readonly Delivery[]): Tally {
  const counts = { received: deliveries.length, stored: 0, duplicate: 0, rejected: 0, rejectedAgain: 0, retried: 0 };
  const rejectedBy: Record<string, number> = {};
  const retriedBy: Record<string, number> = {};
  for (const { record, outcome } of deliveries) {
    if (outcome.kind === 'rejected' && !isFirstReceive(record)) {
      counts.rejectedAgain++;
    } else if (outcome.kind === 'rejected') {
      counts.rejected++;
      rejectedBy[outcome.reason] = (rejectedBy[outcome.reason] ?? 0) + 1;
    } else if (outcome.kind === 'retry') {
      counts.retried++;
      retriedBy[outcome.reason] = (retriedBy[outcome.reason] ?? 0) + 1;
    } else {
      counts[outcome.kind]++;
    }
  }
  return { ...counts, rejectedBy, retriedBy };
}
