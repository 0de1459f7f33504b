import { visibilityTimeoutSeconds } from '../../../infra/settings/derived.ts';
import type { PipelineSettings } from '../../../infra/settings/settings.ts';
import { RETRY_WAITS, retryWaitSeconds } from '../../../lambda/settings/retry-waits.ts';
import type { Signals } from './series.ts';

/**
 * What comes of one try: `failed` is a function error, `cut off` one at the timeout, `not set` a retry whose wait SQS did
 * not accept.
 */
export type Outcome = 'stored' | 'slow' | 'retried' | 'not set' | 'rejected' | 'failed' | 'cut off' | 'throttled';

export interface Traffic {
  /** Seconds of the simulation, ascending. */
  sentAt: readonly number[];
  outcome(second: number, sentAt: number): Outcome;
  /** Until the first receive, in seconds; infinite where nobody takes messages. */
  untaken?(sentAt: number): number;
}

/** With little traffic Lambda may collect for up to 20 s, whatever the window is. */
const COLLECTING_SECONDS = 20;
/** SQS leaves messages out of the age once they were received more often than this. */
const RECEIVES_IN_AGE = 3;
/** A share of the timeout. */
const SLOW_SHARE = 0.9;
const FAST_MS = 200;

/**
 * The data points that the messages of some traffic leave behind: each is received, tried, and comes back until it is
 * stored or has been received too often.
 *
 * @param random from 0 to 1
 * @returns when messages moved to the dead-letter queue, in seconds
 */
export function deliver(
  settings: PipelineSettings,
  traffic: Traffic,
  signals: Signals,
  random: () => number,
): number[] {
  const moved: number[] = [];
  const oldest = new Float64Array(signals.AgeOfOldest.minutes).fill(Number.POSITIVE_INFINITY);
  for (const sentAt of traffic.sentAt) {
    const { countsUntil, deadAt } = deliverOne(settings, traffic, sentAt, signals, random);
    if (deadAt !== undefined) moved.push(deadAt);
    for (let minute = Math.floor(sentAt / 60); minute < oldest.length && minute * 60 <= countsUntil; minute++) {
      oldest[minute] = Math.min(oldest[minute] ?? 0, sentAt);
    }
  }
  oldest.forEach((sentAt, minute) => {
    if (sentAt < Number.POSITIVE_INFINITY) signals.AgeOfOldest.add(minute * 60, (minute + 1) * 60 - sentAt);
  });
  return moved;
}

/** @returns until when the message counts in the age of the oldest, and when it died */
function deliverOne(
  settings: PipelineSettings,
  { outcome, untaken = () => 0 }: Traffic,
  sentAt: number,
  signals: Signals,
  random: () => number,
): { countsUntil: number; deadAt?: number } {
  const end = signals.Errors.minutes * 60;
  let countsUntil = Number.POSITIVE_INFINITY;
  let visibleAt = sentAt + untaken(sentAt);
  for (let receives = 1; visibleAt < end; receives++) {
    if (receives > RECEIVES_IN_AGE) countsUntil = Math.min(countsUntil, visibleAt);
    if (receives > settings.queue.maxReceiveCount) return { countsUntil, deadAt: visibleAt };
    const triedAt = visibleAt + COLLECTING_SECONDS * random();
    const result = outcome(triedAt, sentAt);
    publish(settings, result, triedAt, signals);
    if (result === 'stored' || result === 'slow') return { countsUntil: Math.min(countsUntil, triedAt) };
    if (result === 'retried') visibleAt = triedAt + retryWaitSeconds(receives, RETRY_WAITS, random());
    else if (result === 'rejected') visibleAt = triedAt;
    else visibleAt += visibilityTimeoutSeconds(settings);
  }
  return { countsUntil };
}

/** A try that Lambda throttled leaves no other data point: the function has not run. */
function publish(settings: PipelineSettings, outcome: Outcome, second: number, signals: Signals): void {
  signals.Throttles.add(second, outcome === 'throttled' ? 1 : 0);
  if (outcome === 'throttled') return;
  const hasFailed = outcome === 'failed' || outcome === 'cut off';
  signals.Errors.add(second, hasFailed ? 1 : 0);
  signals.Duration.add(second, durationMs(settings, outcome));
  if (!hasFailed) signals.Retried.add(second, outcome === 'retried' || outcome === 'not set' ? 1 : 0);
}

function durationMs({ ingest }: PipelineSettings, outcome: Outcome): number {
  if (outcome === 'cut off') return ingest.timeoutSeconds * 1_000;
  return outcome === 'slow' ? SLOW_SHARE * ingest.timeoutSeconds * 1_000 : FAST_MS;
}
