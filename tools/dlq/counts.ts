import { formatCount } from '../cli/progress.ts';
import { UserError } from '../cli/user-error.ts';

/** How many, by reason. */
export type Counts = Record<string, number>;

export function countUp(counts: Counts, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/**
 * A mistyped reason must not look like a queue that needs nothing.
 *
 * @param others of the messages that were not asked for
 * @throws UserError where there are such messages, and so none with the reason that was asked for
 */
export function refuseUnknownReason(asked: string | undefined, others: Counts): void {
  if (asked === undefined || total(others) === 0) return;
  throw new UserError(
    `No message has the reason "${asked}", so nothing was done. The reasons here are: ${list(others)}.`,
  );
}

function list(counts: Counts): string {
  return Object.entries(counts)
    .map(([reason, count]) => `${reason} (${formatCount(count)})`)
    .join(', ');
}

/** One line each, the most frequent first. */
export function countLines(counts: Counts): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `  ${formatCount(count).padStart(7)}  ${reason}\n`)
    .join('');
}

export function messages(count: number): string {
  return count === 1 ? '1 message' : `${formatCount(count)} messages`;
}
