import type { Facts } from '../../../lambda/jobs/report/facts.ts';
import { readFacts } from '../../../lambda/jobs/report/read-facts.ts';
import type { Masker } from '../../../lambda/masking/masker.ts';
import { withClient } from '../../../lambda/store/connection/with-client.ts';
import type { RunCounts, Summary } from '../../../tools/event-source/run-counts.ts';
import type { Pipeline } from '../pipeline.ts';
import { isSmallTable } from '../report-link.ts';
import { type QueueDepth, queueDepth } from '../sqs/queues.ts';
import { type DeadLetter, readDeadLetters } from './dead-letters.ts';

/** What the page shows at one moment. */
export interface LiveState {
  summary: Summary;
  queue: QueueDepth;
  deadLettered: number;
  deadLetters: DeadLetter[];
  /** Null if the table is too large to be counted again and again. */
  facts: Facts | null;
}

export interface LiveSource {
  pipeline: Pipeline;
  counts: RunCounts;
  masker: Masker | null;
}

/** Several pages cost no more than one. */
const FRESH_MS = 1_000;
/** At most one twentieth of the server's time goes into counting. */
const REST_FACTOR = 20;

export function createLiveState({ pipeline, counts, masker }: LiveSource): () => Promise<LiveState> {
  let current: { at: number; state: Promise<LiveState> } | undefined;
  let letters: { as: string; found: DeadLetter[] } = { as: '', found: [] };
  let figures: { facts: Facts | null; stored: number; nextAt: number } = { facts: null, stored: -1, nextAt: 0 };

  async function refreshFacts({ stored }: Summary): Promise<void> {
    if (figures.stored === stored || Date.now() < figures.nextAt) return;
    const startedAt = Date.now();
    const facts = await withClient(pipeline.databaseUrl, async (client) =>
      (await isSmallTable(client)) ? readFacts(client, { days: null }) : null,
    );
    const took = Date.now() - startedAt;
    figures = { facts, stored, nextAt: Date.now() + took * REST_FACTOR };
  }

  async function read(): Promise<LiveState> {
    const summary = counts.summary();
    const [queue, dead] = await Promise.all([
      queueDepth(pipeline.sqs, pipeline.queueUrl),
      queueDepth(pipeline.sqs, pipeline.deadLetterQueueUrl),
    ]);
    const deadLettered = dead.visible + dead.inFlight;
    // What is there changes only by what was rejected or sent back.
    const as = JSON.stringify([deadLettered, summary]);
    if (as !== letters.as) {
      letters = { as, found: deadLettered === 0 ? [] : await readDeadLetters(pipeline, masker) };
    }
    await refreshFacts(summary);
    return { summary, queue, deadLettered, deadLetters: letters.found, facts: figures.facts };
  }

  return () => {
    if (current === undefined || Date.now() - current.at > FRESH_MS) {
      const state = read();
      current = { at: Date.now(), state };
      state.catch(() => {
        current = undefined;
      });
    }
    return current.state;
  };
}
