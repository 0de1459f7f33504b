/** How long a message waits between two attempts, while what it needs is out of reach. */
export interface RetryWaits {
  firstSeconds: number;
  /** Jitter included. */
  longestSeconds: number;
}

/**
 * So that after an outage everything has been tried again within 11 minutes of its end: the last attempt in it may end up
 * to half a minute later than the outage, and the next one begins after the batch's window.
 */
export const RETRY_WAITS: RetryWaits = { firstSeconds: 30, longestSeconds: 600 };
/** Receives of a message until it moves to the dead-letter queue: with these waits more than the hour that is promised. */
export const MAX_RECEIVES = 12;

/** Up and down by so much of the wait, so that what failed together does not come back together. */
const JITTER = 0.1;

/**
 * Doubles with each receive up to the longest wait.
 *
 * @param receives of this message so far, from 1
 * @param random from 0 to 1; a half for the middle
 * @returns whole seconds, as SQS takes them
 */
export function retryWaitSeconds(
  receives: number,
  { firstSeconds, longestSeconds }: RetryWaits,
  random: number,
): number {
  const wait = Math.min(longestSeconds / (1 + JITTER), firstSeconds * 2 ** Math.min(receives - 1, 30));
  return Math.round(wait * (1 - JITTER + 2 * JITTER * random));
}

/** How long at least a message is tried again that may be received so often: what an outage may last. */
export function longestOutageSurvivedSeconds(maxReceiveCount: number, waits: RetryWaits): number {
  let seconds = 0;
  for (let receives = 1; receives < maxReceiveCount; receives++) seconds += retryWaitSeconds(receives, waits, 0);
  return seconds;
}
