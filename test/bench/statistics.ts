/** Median and the middle half: timings have a long tail to one side, which a mean would follow. */
export interface Spread {
  median: number;
  p25: number;
  p75: number;
  runs: number;
}

/** @throws RangeError without samples: a contestant that never ran has no time */
export function spread(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new RangeError('There are no samples.');
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    p25: quantile(sorted, 0.25),
    p75: quantile(sorted, 0.75),
    runs: sorted.length,
  };
}

/** In a new order each time, so that nobody always comes after the same neighbour. */
export function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** Between the two nearest samples where it falls between them. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const [low, high] = [sorted[below] as number, sorted[Math.ceil(position)] as number];
  return low + (high - low) * (position - below);
}
