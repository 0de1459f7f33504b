import { isSuccess, type Outcome } from '../../lambda/batch/outcome.ts';
import type { BatchDone } from '../event-source/event-source.ts';
import { createRunCounts, type FunctionAnswer, type Summary } from '../event-source/run-counts.ts';

export interface Outage {
  /** `database 57P01`, `kms TimeoutError`, `sqs ECONNREFUSED`. */
  reason: string;
  /** Milliseconds so far. */
  forMs: number;
}

/** What became of the messages so far, and what is away at the moment. */
export interface Progress {
  batchDone(batch: BatchDone<FunctionAnswer>): void;
  /** How long one invocation took. */
  invoked(ms: number): void;
  /** Something is unreachable, until `batchDone` has news of a message or `reachable` says so. */
  unreachable(reason: string): void;
  /** SQS answers, or everything that a batch needs. */
  reachable(what: 'sqs' | 'everything'): void;
  outage(): Outage | null;
  summary(): Summary;
  totals(): Totals;
}

/** Since the start; they never decrease. Each message once, however often it was delivered. */
export interface Totals {
  stored: number;
  duplicates: number;
  rejected: Record<string, number>;
  /** Tries that failed for a reason that is not the message's own; one message can have several. */
  retried: Record<string, number>;
  /** What was changed in valid messages or left out of them. */
  changed: Record<string, number>;
  batches: number;
  failedBatches: Record<string, number>;
  /** Milliseconds from invocation to answer. */
  batchSeconds: number;
  unreachable: Record<string, number>;
}

/** @param most messages of a kind that are remembered; see `createRunCounts` */
export function createProgress(most?: number): Progress {
  const counts = createRunCounts(most);
  const totals: Totals = {
    stored: 0,
    duplicates: 0,
    rejected: {},
    retried: {},
    changed: {},
    batches: 0,
    failedBatches: {},
    batchSeconds: 0,
    unreachable: {},
  };
  let outage: { reason: string; since: number } | null = null;
  const begin = (reason: string) => {
    outage = { reason, since: outage?.since ?? performance.now() };
  };

  function delivered({ report }: FunctionAnswer, kept: ReadonlySet<string>): void {
    const { deliveries } = report;
    const news = counts.delivered(report, kept);
    totals.stored += news.stored;
    totals.duplicates += news.duplicates;
    add(totals.rejected, news.rejected);
    add(totals.retried, news.unstored);
    add(totals.changed, news.changed);
    const away = deliveries.map(({ outcome }) => awayIn(outcome)).find((reason) => reason !== null);
    if (deliveries.some(({ outcome }) => isSuccess(outcome))) outage = null;
    else if (away) begin(away);
  }

  return {
    invoked(ms) {
      totals.batches++;
      totals.batchSeconds += ms / 1_000;
    },
    batchDone({ messageIds, kept, answer, error }) {
      if (answer) return delivered(answer, kept);
      const { name } = error as Error;
      counts.failed(messageIds, name);
      add(totals.failedBatches, { [name]: 1 });
      begin(name);
    },
    unreachable(reason) {
      add(totals.unreachable, { [reason]: 1 });
      begin(reason);
    },
    reachable(what) {
      if (what === 'everything' || outage?.reason.startsWith('sqs ')) outage = null;
    },
    outage: () => outage && { reason: outage.reason, forMs: performance.now() - outage.since },
    summary: counts.summary,
    totals: () => totals,
  };
}

/** The outage that a message waits for, if it waits for one. */
function awayIn(outcome: Outcome): string | null {
  return outcome.kind === 'retry' && /^(database|kms) /.test(outcome.reason) ? outcome.reason : null;
}

function add(to: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) to[name] = (to[name] ?? 0) + count;
}
