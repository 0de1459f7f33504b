import { CANARY } from './workload.ts';

/** What the function says of its batches, added up; of a million lines only the sums are kept. */
export interface Output {
  print(line: string): void;
  /** How often a raw value, or a piece of one, was seen. */
  leaks(): number;
  /** Lines whose counts do not add up. */
  unbalanced(): number;
  /** Deliveries by outcome, of all invocations that came to their end. */
  counts(): Readonly<Counts>;
  /** Why deliveries were rejected or are to be tried again, and how many. */
  reasons(): Readonly<Record<string, number>>;
  /** Messages of which the function could not say when they come again. */
  visibilityNotSet(): number;
  /** For a person who looks into a failed run. */
  lastLines(): readonly string[];
}

export interface Counts {
  received: number;
  stored: number;
  duplicate: number;
  rejected: number;
  rejectedAgain: number;
  retried: number;
  /** Invocations that threw. */
  failed: number;
}

const KEPT_LINES = 40;
const BATCH_DONE = ['batch stored', 'batch not stored in full'];

export function createOutput(): Output {
  const sums: Counts = { received: 0, stored: 0, duplicate: 0, rejected: 0, rejectedAgain: 0, retried: 0, failed: 0 };
  const kept: string[] = [];
  const reasons: Record<string, number> = {};
  let visibilityNotSet = 0;
  let leaks = 0;
  let unbalanced = 0;

  function add(line: Record<string, unknown>): void {
    if (line.message === 'batch failed') sums.failed++;
    if (line.VisibilityNotSet !== undefined) visibilityNotSet += Number(line.VisibilityNotSet);
    if (!BATCH_DONE.includes(`${line.message}`)) return;
    const names = ['received', 'stored', 'duplicate', 'rejected', 'rejectedAgain', 'retried'] as const;
    for (const name of names) sums[name] += Number(line[name]);
    if (!isBalanced(names.map((name) => Number(line[name])))) unbalanced++;
    const by = { ...(line.rejectedBy as object), ...(line.retriedBy as object) };
    for (const [reason, count] of Object.entries(by)) reasons[reason] = (reasons[reason] ?? 0) + Number(count);
  }

  return {
    print(line) {
      if (CANARY.test(line)) leaks++;
      kept.push(line.slice(0, 2_000));
      if (kept.length > KEPT_LINES) kept.shift();
      const parsed = parseLine(line);
      if (!parsed) return;
      add(parsed);
      const metrics = ['Received', 'Stored', 'Duplicate', 'Rejected', 'RejectedAgain', 'Retried'].map(
        (name) => parsed[name],
      );
      if (metrics[0] !== undefined && !isBalanced(metrics.map(Number))) unbalanced++;
    },
    leaks: () => leaks,
    unbalanced: () => unbalanced,
    counts: () => sums,
    reasons: () => reasons,
    visibilityNotSet: () => visibilityNotSet,
    lastLines: () => kept,
  };
}

function isBalanced([received, ...outcomes]: readonly number[]): boolean {
  return received === outcomes.reduce((sum, count) => sum + count, 0);
}

/** The last line of a process that was killed may be half a line. */
function parseLine(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
