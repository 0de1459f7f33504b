/**
 * The contestants:
 * - row-by-row (a): the usual script, one INSERT per row and unkeyed SHA-256
 * - floor (b): the project's own parse and mask, then one COPY; no ledger, so a redelivery would be stored twice
 * - handler (c): what Lambda calls
 * - postgres (d): the handler's two COPYs from bytes that were ready before the clock started: what Postgres alone takes
 *
 * and the handler again, with batches in which something is amiss:
 * - one-known: one message is stored already; all-known: each of them is
 * - one-refused: the database refuses one row
 *
 * For `--ledger`, the handler on two databases: handler with that many ledger entries, empty-ledger with none.
 */
export type ContestantId =
  | 'row-by-row'
  | 'floor'
  | 'handler'
  | 'postgres'
  | 'one-known'
  | 'all-known'
  | 'one-refused'
  | 'empty-ledger';

export interface Plan {
  sizes: readonly SizePlan[];
  contestants: readonly ContestantId[];
  /** Entries in the ledger of handler and postgres before the first batch. */
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
  /** Batches with something amiss are measured where they would cost the most. */
  withAmiss: boolean;
}

const CONTESTANTS: readonly ContestantId[] = [
  'row-by-row',
  'floor',
  'handler',
  'postgres',
  'one-known',
  'all-known',
  'one-refused',
];

export const FULL: Plan = {
  sizes: [
    { events: 10, batches: 10, warmUps: 20, rounds: 101, rowByRowEvery: 1, withAmiss: false },
    { events: 100, batches: 4, warmUps: 20, rounds: 101, rowByRowEvery: 1, withAmiss: false },
    { events: 1_000, batches: 1, warmUps: 8, rounds: 41, rowByRowEvery: 4, withAmiss: true },
    { events: 10_000, batches: 1, warmUps: 4, rounds: 41, rowByRowEvery: 8, withAmiss: true },
  ],
  contestants: CONTESTANTS,
  ledgerEntries: 1_000_000,
  checkpointEvery: 5,
  bundleRuns: 21,
};

/** Shows that everything works; its figures are only rough. */
export const QUICK: Plan = {
  sizes: [
    { events: 10, batches: 10, warmUps: 10, rounds: 21, rowByRowEvery: 1, withAmiss: false },
    { events: 100, batches: 4, warmUps: 10, rounds: 21, rowByRowEvery: 1, withAmiss: false },
    { events: 1_000, batches: 1, warmUps: 4, rounds: 9, rowByRowEvery: 3, withAmiss: true },
    { events: 10_000, batches: 1, warmUps: 3, rounds: 9, rowByRowEvery: 9, withAmiss: true },
  ],
  contestants: CONTESTANTS,
  ledgerEntries: 100_000,
  checkpointEvery: 5,
  bundleRuns: 5,
};

/** What a full ledger costs a batch, against an empty one. */
export function ledgerPlan(ledgerEntries: number): Plan {
  const sizes = FULL.sizes.filter(({ events }) => events !== 10).map((size) => ({ ...size, withAmiss: false }));
  return { ...FULL, sizes, contestants: ['handler', 'empty-ledger'], ledgerEntries };
}
