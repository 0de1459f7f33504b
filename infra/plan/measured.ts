import figures from './measured.json' with { type: 'json' };

/** What `npm run bench:costs` found, on one machine and one day. */
export interface Measured {
  /** A day such as 2026-11-25. */
  date: string;
  machine: string;
  cores: number;
  /** Ascending by size. */
  batches: BatchCost[];
  rowBytes: number;
  /** Bytes of an entry, index included. */
  ledgerBytes: number;
  /** Entries of the ledger. */
  prunedPerSecond: number;
  localRuns: LocalRun[];
}

/** One batch that is stored whole. */
export interface BatchCost {
  events: number;
  functionCpuMs: number;
  databaseCpuMs: number;
  /** Neither of them is working: the time is the disk's. */
  waitMs: number;
  walBytes: number;
}

/** Some functions at once, each with a batch after the other, on the machine that the database is on too. */
export interface LocalRun {
  functions: number;
  events: number;
  batchesPerSecond: number;
}

export const MEASURED: Measured = figures;

/** Between two measured sizes in proportion, beyond the largest one as between the last two. */
export function costOf(events: number, { batches }: Measured = MEASURED): BatchCost {
  const next = batches.findIndex((cost) => cost.events >= events);
  const index = Math.max(1, next < 0 ? batches.length - 1 : next);
  const [below, above] = [batches[index - 1] as BatchCost, batches[index] as BatchCost];
  const part = (events - below.events) / (above.events - below.events);
  const between = (figure: (cost: BatchCost) => number) =>
    Math.max(0, figure(below) + part * (figure(above) - figure(below)));
  return {
    events,
    functionCpuMs: between((cost) => cost.functionCpuMs),
    databaseCpuMs: between((cost) => cost.databaseCpuMs),
    waitMs: between((cost) => cost.waitMs),
    walBytes: between((cost) => cost.walBytes),
  };
}
