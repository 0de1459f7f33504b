/** Draws the same numbers from the same seed, so that a failed run can be had again. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  oneOf<T>(choices: readonly T[]): T;
  /** True so often of one. */
  happens(rate: number): boolean;
}

/** Mulberry32: 32 bits of state are enough for what is drawn here. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    oneOf: (choices) => choices[between(0, choices.length - 1)] as (typeof choices)[number],
    happens: (rate) => next() < rate,
  };
}

/** For a seed that nobody gave. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
