import { formatCount } from '../cli/progress.ts';

/** How many, by reason. */
export type Counts = Record<string, number>;

export function countUp(counts: Counts, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
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
