import type { QueueDepth } from '../../../localstack/embedded/sqs/queues.ts';
import type { Counts } from './output.ts';
import type { Workload } from './workload.ts';

/** What there is when a run is over and everything has come to rest. */
export interface History {
  workload: Pick<Workload, 'messages' | 'isValid'>;
  /** Per message: its rows, and how often it is in the dead-letter queue. */
  rows: Uint8Array;
  dead: Uint8Array;
  /** Rows, and dead letters with a body, that nobody sent. */
  unexpected: number;
  ledgerEntries: number;
  pending: QueueDepth;
  leaks: number;
  unbalanced: number;
  counts: Readonly<Counts>;
  /** Whether a commit may have happened that the function never learned of: its death, or the loss of an answer. */
  commitsMayGoUnseen: boolean;
}

export type ViolationKind = 'lost' | 'doubled' | 'misplaced' | 'pending' | 'leaked' | 'unbalanced';

export interface Violation {
  kind: ViolationKind;
  count: number;
  what: string;
}

/** Holds a history against the promises; an empty list is what they say. */
export function checkHistory(history: History): Violation[] {
  const found = [...checkMessages(history), ...checkCounts(history)];
  const { visible, inFlight } = history.pending;
  found.push({ kind: 'pending', count: visible + inFlight, what: 'messages are still in the queue' });
  found.push({ kind: 'leaked', count: history.leaks, what: 'raw values, or pieces of them, were seen' });
  found.push({ kind: 'misplaced', count: history.unexpected, what: 'rows or dead letters are nobody`s, or changed' });
  return found.filter(({ count }) => count > 0);
}

function checkMessages({ workload, rows, dead }: History): Violation[] {
  const lost: number[] = [];
  const doubled: number[] = [];
  const misplaced: number[] = [];
  for (let i = 0; i < workload.messages; i++) {
    const [home, other] = workload.isValid(i) ? [rows, dead] : [dead, rows];
    if (home[i] === 0) lost.push(i);
    if (Number(home[i]) > 1) doubled.push(i);
    if (other[i] !== 0) misplaced.push(i);
  }
  return [
    { kind: 'lost', count: lost.length, what: `messages are neither a row nor a dead letter, as ${lost.slice(0, 5)}` },
    { kind: 'doubled', count: doubled.length, what: `messages are there more than once, as ${doubled.slice(0, 5)}` },
    {
      kind: 'misplaced',
      count: misplaced.length,
      what: `valid messages are dead letters, or invalid ones rows, as ${misplaced.slice(0, 5)}`,
    },
  ];
}

/** The function may store more than it lives to tell, and never less. */
function checkCounts({ rows, ledgerEntries, unbalanced, counts, commitsMayGoUnseen }: History): Violation[] {
  const rowCount = rows.reduce((sum, count) => sum + count, 0);
  const untold = rowCount - counts.stored;
  const isTold = commitsMayGoUnseen ? untold >= 0 : untold === 0;
  const sum = counts.stored + counts.duplicate + counts.rejected + counts.rejectedAgain + counts.retried;
  return [
    { kind: 'unbalanced', count: unbalanced, what: 'batches have counts that do not add up' },
    { kind: 'unbalanced', count: Math.abs(counts.received - sum), what: 'deliveries have no outcome' },
    { kind: 'unbalanced', count: Math.abs(rowCount - ledgerEntries), what: 'rows or ledger entries lack the other' },
    { kind: 'unbalanced', count: isTold ? 0 : Math.abs(untold), what: 'rows are more or fewer than were told stored' },
  ];
}
