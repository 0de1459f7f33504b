import type { Changed } from '../../lambda/batch/changed.ts';
import type { Outcome } from '../../lambda/batch/outcome.ts';
import type { InvocationAnswer } from './event-source.ts';

export interface DeliveryReport {
  messageId: string;
  outcome: Outcome;
}

/** What the function reports about a batch besides its response. */
export interface BatchReport {
  deliveries: readonly DeliveryReport[];
  changedBy: Changed['changedBy'];
}

export interface FunctionAnswer extends InvocationAnswer {
  report: BatchReport;
}

/** Counts of distinct messages. */
export interface Summary {
  received: number;
  stored: number;
  /** Stored by an earlier delivery that this run did not make. */
  duplicates: number;
  /** Last seen rejected: on their way to the dead-letter queue, or in it. */
  rejected: Record<string, number>;
  /** Last seen failing for a reason that is not their own. */
  unstored: Record<string, number>;
  /** Valid ones in which something was changed or left out, by what. */
  changed: Record<string, number>;
}

/**
 * Counts distinct messages over any number of deliveries. Only messages that are not done yet are remembered, so that
 * a million stored ones need no memory.
 */
export interface RunCounts {
  /**
   * @param kept what the event source left in the queue
   * @returns what this batch added to the summary
   */
  delivered(report: BatchReport, kept: ReadonlySet<string>): Summary;
  /** The invocation failed, so none of them has an outcome. */
  failed(messageIds: readonly string[], reason: string): void;
  /** Messages that need nothing more from the function. */
  finished(): number;
  received(): number;
  summary(): Summary;
}

/**
 * @param most messages of a kind that are remembered. Beyond that the oldest are forgotten: a rejected one stays counted,
 *   and would count twice if it came again; one due for another try has gone to another consumer
 */
export function createRunCounts(most = Number.POSITIVE_INFINITY): RunCounts {
  const done = { stored: 0, duplicate: 0 };
  /** Rejected ones that were forgotten. */
  const settled: Record<string, number> = {};
  let settledCount = 0;
  const rejected = new Map<string, string>();
  const unstored = new Map<string, string>();
  const changed: Record<string, number> = {};
  /** Stored, and then not deleted: their next delivery is a duplicate of this run's own making. */
  const undeleted = new Set<string>();

  /** @returns whether this is news: the message was not known to end like this */
  function note(messageId: string, outcome: Outcome, isKept: boolean): boolean {
    unstored.delete(messageId);
    const wasRejected = rejected.delete(messageId);
    if (outcome.kind === 'retry') {
      if (!undeleted.has(messageId)) unstored.set(messageId, outcome.reason);
      return false;
    }
    if (outcome.kind === 'rejected') {
      rejected.set(messageId, outcome.reason);
      return !wasRejected;
    }
    if (isKept) {
      undeleted.add(messageId);
      return false;
    }
    done[undeleted.delete(messageId) ? 'stored' : outcome.kind]++;
    return true;
  }

  function forgetOldest(): void {
    for (const [id, reason] of oldest(rejected, most)) {
      rejected.delete(id);
      settled[reason] = (settled[reason] ?? 0) + 1;
      settledCount++;
    }
    for (const [id] of oldest(unstored, most)) unstored.delete(id);
    for (const id of oldest(undeleted, most)) {
      undeleted.delete(id);
      done.stored++;
    }
  }

  const finished = () => done.stored + done.duplicate + rejected.size + settledCount;
  const received = () => finished() + unstored.size + undeleted.size;
  return {
    delivered({ deliveries, changedBy }, kept) {
      for (const [reason, count] of Object.entries(changedBy)) changed[reason] = (changed[reason] ?? 0) + count;
      const before = { ...done };
      const newlyRejected = deliveries.filter(({ messageId, outcome }) => {
        return note(messageId, outcome, kept.has(messageId)) && outcome.kind === 'rejected';
      });
      forgetOldest();
      return {
        received: deliveries.length,
        stored: done.stored - before.stored,
        duplicates: done.duplicate - before.duplicate,
        rejected: countBy(newlyRejected.map(({ outcome }) => ('reason' in outcome ? outcome.reason : ''))),
        unstored: countBy(deliveries.flatMap(({ outcome }) => (outcome.kind === 'retry' ? [outcome.reason] : []))),
        changed: changedBy,
      };
    },
    failed(messageIds, reason) {
      for (const id of messageIds) if (!undeleted.has(id) && !rejected.has(id)) unstored.set(id, reason);
      forgetOldest();
    },
    finished,
    received,
    summary: () => ({
      received: received(),
      stored: done.stored,
      duplicates: done.duplicate,
      rejected: countBy(rejected.values(), settled),
      unstored: countBy(unstored.values()),
      changed: { ...changed },
    }),
  };
}

/** The oldest above the limit: Map and Set keep the order of insertion. */
function oldest<Member>(members: Collection<Member>, most: number): Member[] {
  return members[Symbol.iterator]()
    .take(Math.max(0, members.size - most))
    .toArray();
}

interface Collection<Member> {
  readonly size: number;
  [Symbol.iterator](): IteratorObject<Member>;
}

function countBy(reasons: Iterable<string>, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const counts: Record<string, number> = { ...before };
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
