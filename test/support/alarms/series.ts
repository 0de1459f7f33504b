/** Data points of one metric, gathered by the minute, as CloudWatch keeps them. */
export class Series {
  readonly #counts: Uint32Array;
  readonly #sums: Float64Array;
  readonly #highest: Float64Array;

  constructor(minutes: number) {
    this.#counts = new Uint32Array(minutes);
    this.#sums = new Float64Array(minutes);
    this.#highest = new Float64Array(minutes).fill(Number.NEGATIVE_INFINITY);
  }

  get minutes(): number {
    return this.#counts.length;
  }

  /** @param second of the simulation; what lies outside of it is dropped */
  add(second: number, value: number): void {
    const minute = Math.floor(second / 60);
    if (minute < 0 || minute >= this.minutes) return;
    this.#counts[minute] = (this.#counts[minute] ?? 0) + 1;
    this.#sums[minute] = (this.#sums[minute] ?? 0) + value;
    this.#highest[minute] = Math.max(this.#highest[minute] ?? 0, value);
  }

  /** @returns undefined if there is no data point from minute `from` up to, not including, minute `to` */
  statistic(name: 'Sum' | 'Maximum', from: number, to: number): number | undefined {
    const [first, last] = [Math.max(0, from), Math.max(0, to)];
    if (!this.#counts.subarray(first, last).some((count) => count > 0)) return undefined;
    if (name === 'Sum') return this.#sums.subarray(first, last).reduce((a, b) => a + b, 0);
    return this.#highest.subarray(first, last).reduce((a, b) => Math.max(a, b));
  }
}

/** The metrics that alarms look at. */
export const SIGNALS = [
  'Retried',
  'Errors',
  'Throttles',
  'Duration',
  'AgeOfOldest',
  'DeadLetters',
  'Cpu',
  'MaintenanceErrors',
] as const;
export type Signal = (typeof SIGNALS)[number];
export type Signals = Record<Signal, Series>;

export function emptySignals(minutes: number): Signals {
  return Object.fromEntries(SIGNALS.map((signal) => [signal, new Series(minutes)])) as Signals;
}
