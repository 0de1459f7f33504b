import type { Outcome, Traffic } from './deliveries.ts';
import type { Signals } from './series.ts';

export type TrafficName = 'dense' | 'sparse';

/** One of the failures that the runbook is about, from second 0 of it on. */
export interface Failure {
  name: string;
  /** Which alarm must ring for it, within how many minutes of the first message that suffers. */
  alarm: string;
  within: number;
  /** With a single message there may be a minute between two tries in which it says that all is well. */
  silentFor?: number;
  /** Whether the messages that suffer are good ones, which must not die unnoticed. */
  hurtsGoodMessages?: boolean;
  /** What becomes of a try while it lasts. */
  outcome?: Outcome;
  /** Whether it hits only the first message that is sent while it lasts. */
  onlyOne?: boolean;
  /** Until when the alarm must not stop; to the end, unless it says so. */
  lastsMinutes?: number;
  untaken?: Traffic['untaken'];
  /** What it does to metrics that messages have no part in. */
  beside?(signals: Signals, startSecond: number): void;
  /** Where it is none with the other traffic. */
  only?: TrafficName;
}

const ASYNCHRONOUS_TRIES_AT = [0, 60, 180];

export const FAILURES: readonly Failure[] = [
  {
    name: 'the database or KMS cannot be reached',
    alarm: 'messages-retried',
    within: 20,
    silentFor: 1,
    hurtsGoodMessages: true,
    outcome: 'retried',
  },
  {
    name: 'the same, and SQS does not accept the waits',
    alarm: 'messages-retried',
    within: 20,
    hurtsGoodMessages: true,
    outcome: 'not set',
  },
  {
    name: 'one message is refused, and the error does not say for how long',
    alarm: 'messages-retried',
    within: 20,
    silentFor: 1,
    hurtsGoodMessages: true,
    outcome: 'retried',
    onlyOne: true,
    lastsMinutes: 65,
  },
  {
    name: 'nobody takes messages',
    alarm: 'oldest-message',
    within: 16,
    untaken: () => Number.POSITIVE_INFINITY,
  },
  {
    name: 'twice as many messages come as the functions store',
    alarm: 'oldest-message',
    within: 32,
    untaken: (secondOfFailure) => secondOfFailure,
    only: 'dense',
  },
  {
    name: 'whole batches fail (settings, mask key, program)',
    alarm: 'function-errors',
    within: 10,
    hurtsGoodMessages: true,
    outcome: 'failed',
  },
  {
    name: 'batches are cut off at the timeout',
    alarm: 'function-errors',
    within: 10,
    hurtsGoodMessages: true,
    outcome: 'cut off',
  },
  {
    name: 'the concurrency of the account is used up',
    alarm: 'function-throttles',
    within: 16,
    hurtsGoodMessages: true,
    outcome: 'throttled',
  },
  {
    name: 'batches take nine tenths of the timeout',
    alarm: 'function-duration',
    within: 12,
    outcome: 'slow',
    only: 'dense',
  },
  { name: 'messages can never become rows', alarm: 'dlq-not-empty', within: 21, outcome: 'rejected' },
  {
    name: 'the database is at the CPU of its maximum capacity',
    alarm: 'database-capacity',
    within: 16,
    beside(signals, start) {
      for (let second = start; second < signals.Cpu.minutes * 60; second += 60) signals.Cpu.add(second, 99);
    },
  },
  {
    name: 'the ledger cannot be pruned',
    alarm: 'maintenance-errors',
    within: 5,
    lastsMinutes: 55,
    beside(signals, start) {
      for (const at of ASYNCHRONOUS_TRIES_AT) signals.MaintenanceErrors.add(start + at, 1);
    },
  },
];
