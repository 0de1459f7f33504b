import { formatCount } from './progress.ts';

/** How many, by reason. */
export type Counts = Record<string, number>;

export function countUp(counts: Counts, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

export function total(counts: Readonly<Counts>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The most frequent first. */
export function byFrequency(counts: Readonly<Counts>): [reason: string, count: number][] {
  return Object.entries(counts).sort(([, a], [, b]) => b - a);
}

/** `missing ip: 12, not_json: 3` */
export function reasons(counts: Readonly<Counts>): string {
  return byFrequency(counts)
    .map(([reason, count]) => `${reason}: ${formatCount(count)}`)
    .join(', ');
}
