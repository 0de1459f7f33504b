import { reasons, total } from '../cli/counts.ts';
import { formatCount } from '../cli/progress.ts';
import type { Summary } from '../event-source/run-counts.ts';
import type { Ending } from './drain-queue.ts';
import type { Progress } from './progress.ts';

export interface Report extends Summary {
  ending: Ending;
  /** What was away at the end. */
  outage: string | null;
  /** null if the queue could not be asked. */
  hasDeadLetterQueue: boolean | null;
  seconds: number;
}

const EXIT = { complete: 0, incomplete: 1, rejected: 3 } as const;

/** 0: empty, and every message is a row. 3: empty, and some are dead letters. 1: an outage, or rejected ones stay. */
export function exitCodeOf({ ending, rejected, unstored, hasDeadLetterQueue }: Report): number {
  if (ending !== 'empty') return EXIT.incomplete;
  if (total(rejected) + total(unstored) === 0) return EXIT.complete;
  return hasDeadLetterQueue ? EXIT.rejected : EXIT.incomplete;
}

export function reportAsJson({ seconds, ...report }: Report): Record<string, unknown> {
  return { ...report, seconds: Number(seconds.toFixed(3)) };
}

/** For people, at the end. */
export function describe(report: Report): string {
  const { ending, stored, duplicates, rejected, unstored, changed, outage, hasDeadLetterQueue, seconds } = report;
  const place = hasDeadLetterQueue
    ? 'in the dead-letter queue, or on their way there'
    : 'still in the queue, which has no dead-letter queue';
  const lines = [
    `${ENDINGS[ending]} after ${seconds.toFixed(1)} s: ${formatCount(stored)} stored, ${formatCount(duplicates)} stored before.`,
    total(rejected) > 0 && `${formatCount(total(rejected))} rejected (${reasons(rejected)}): ${place}.`,
    total(unstored) > 0 && `${formatCount(total(unstored))} not stored (${reasons(unstored)}).`,
    total(changed) > 0 && `${formatCount(total(changed))} values changed or left out (${reasons(changed)}).`,
    outage && `Still away: ${outage}.`,
  ];
  return `${lines.filter(Boolean).join('\n')}\n`;
}

const ENDINGS: Readonly<Record<Ending, string>> = {
  empty: 'The queue is empty',
  'gave up': 'Gave up',
  interrupted: 'Stopped',
};

/** The line that is printed every ten seconds. */
export function progressLine(progress: Progress, perSecond: number): string {
  const { stored, duplicates, rejected, unstored } = progress.summary();
  const outage = progress.outage();
  const parts = [
    `${formatCount(stored)} stored`,
    duplicates > 0 && `${formatCount(duplicates)} stored before`,
    total(rejected) > 0 && `${formatCount(total(rejected))} rejected (${reasons(rejected)})`,
    total(unstored) > 0 && `${formatCount(total(unstored))} to be tried again`,
    `${formatCount(Math.round(perSecond))}/s`,
    outage && `${outage.reason} for ${Math.round(outage.forMs / 1_000)} s`,
  ];
  return `${new Date().toISOString().slice(11, 19)}  ${parts.filter(Boolean).join(', ')}\n`;
}
