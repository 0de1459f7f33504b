import { relative } from 'node:path';
import { formatCount } from '../../../tools/cli/progress.ts';
import type { RejectedEvent } from './rejected-events.ts';

const SHOWN = 5;

/**
 * Prints where the rejected events are in the input, and why they were rejected.
 *
 * @param all how many were rejected
 * @param hint shown with them
 */
export function printRejected(
  events: readonly RejectedEvent[],
  { all, hint }: { all: number; hint: string },
  out: NodeJS.WritableStream,
): void {
  if (events.length === 0) return;
  out.write(`\nRejected${hint}:\n`);
  for (const { path, line, reason } of events.slice(0, SHOWN))
    out.write(`  ${nameOf(path)}, line ${line}: ${reason}\n`);
  if (all > SHOWN) out.write(`  and ${formatCount(all - SHOWN)} more\n`);
}

/** The shortest name from the current folder. */
function nameOf(path: string): string {
  if (path === '-') return 'standard input';
  const short = relative('.', path);
  return short.length < path.length ? short : path;
}
