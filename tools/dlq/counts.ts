import { byFrequency, type Counts, total } from '../cli/counts.ts';
import { formatCount } from '../cli/progress.ts';
import { UserError } from '../cli/user-error.ts';

/**
 * A mistyped reason must not look like a queue that needs nothing.
 *
 * @param others of the messages that were not asked for
 * @throws UserError if there are such messages, and none with the reason that was asked for
 */
export function refuseUnknownReason(asked: string | undefined, others: Counts): void {
  if (asked === undefined || total(others) === 0) return;
  throw new UserError(
    `No message has the reason "${asked}", so nothing was done. The reasons here are: ${list(others)}.`,
  );
}

function list(counts: Counts): string {
  return byFrequency(counts)
    .map(([reason, count]) => `${reason} (${formatCount(count)})`)
    .join(', ');
}

/** One line each, the most frequent first. */
export function countLines(counts: Counts): string {
  return byFrequency(counts)
    .map(([reason, count]) => `  ${formatCount(count).padStart(7)}  ${reason}\n`)
    .join('');
}

export function messages(count: number): string {
  return count === 1 ? '1 message' : `${formatCount(count)} messages`;
}
