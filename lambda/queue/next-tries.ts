import type { Delivery } from '../batch/process-batch.ts';
import { type RetryWaits, retryWaitSeconds } from '../settings/retry-waits.ts';
import type { NextTry } from './visibility.ts';

/**
 * When each message that was not stored comes again: a rejected one at once, so that it reaches the dead-letter queue
 * soon; one to be tried again after a wait that grows with its receives, so that an outage does not use them up. The
 * soonest come first, since time may not suffice for all.
 *
 * @param random from 0 to 1, drawn for each message
 */
export function nextTries(deliveries: readonly Delivery[], waits: RetryWaits, random: () => number): NextTry[] {
  const tries = deliveries.flatMap(({ record, outcome }): NextTry[] => {
    const { receiptHandle } = record;
    if (outcome.kind === 'rejected') return [{ receiptHandle, seconds: 0 }];
    if (outcome.kind !== 'retry') return [];
    return [{ receiptHandle, seconds: retryWaitSeconds(receivesOf(record.attributes), waits, random()) }];
  });
  return tries.sort((a, b) => a.seconds - b.seconds);
}

/** What arrives is only said to be text, and an object can refuse to become a number. */
function receivesOf(attributes: { ApproximateReceiveCount?: unknown } | undefined): number {
  const count = attributes?.ApproximateReceiveCount;
  const receives = typeof count === 'string' ? Number(count) : 1;
  return Number.isSafeInteger(receives) && receives > 0 ? receives : 1;
}
