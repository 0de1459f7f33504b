/**
 * The contestants:
 * - row-by-row (a): the usual script, one INSERT per row and unkeyed SHA-256
 * - floor (b): the project's own parse and mask, then one COPY; no ledger, so a redelivery would be stored twice
 * - handler (c): what Lambda calls
 */
export type ContestantId = 'row-by-row' | 'floor' | 'handler';

export interface Plan {
  sizes: readonly SizePlan[];
  /** Entries in the handler's ledger before the first batch. */
  ledgerEntries: number;
  /** A checkpoint at every so-manieth round, outside of the timing, so that none falls into it by chance. */
  checkpointEvery: number;
  bundleRuns: number;
}

export interface SizePlan {
  events: number;
  warmUps: number;
  rounds: number;
  /**
   * Timed together, one after another, as a busy function gets them. A single small batch is mostly a measure of how
   * cold the caches are.
   */
  batches: number;
  /** Row by row takes 2.5 s for 10,000 events, and a few of those tell as much as many. */
  rowByRowEvery: number;
}

export const FULL: Plan = {
  sizes: [
    { events: 10, batches: 10, warmUps: 20, rounds: 101, rowByRowEvery: 1 },
    { events: 100, batches: 4, warmUps: 20, rounds: 101, rowByRowEvery: 1 },
    { events: 1_000, batches: 1, warmUps: 8, rounds: 41, rowByRowEvery: 1 },
    { events: 10_000, batches: 1, warmUps: 4, rounds: 41, rowByRowEvery: 6 },
  ],
  ledgerEntries: 1_000_000,
  checkpointEvery: 5,
  bundleRuns: 21,
};

/** Shows that everything works; its figures are only rough. */
export const QUICK: Plan = {
  sizes: [
    { events: 10, batches: 10, warmUps: 10, rounds: 21, rowByRowEvery: 1 },
    { events: 100, batches: 4, warmUps: 10, rounds: 21, rowByRowEvery: 1 },
    { events: 1_000, batches: 1, warmUps: 4, rounds: 9, rowByRowEvery: 3 },
    { events: 10_000, batches: 1, warmUps: 3, rounds: 9, rowByRowEvery: 9 },
  ],
  ledgerEntries: 100_000,
  checkpointEvery: 5,
  bundleRuns: 5,
};
