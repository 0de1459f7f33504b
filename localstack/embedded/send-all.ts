import { setTimeout as sleep } from 'node:timers/promises';
import { showProgress } from '../../tools/cli/progress.ts';
import type { RunCounts } from '../../tools/event-source/run-counts.ts';
import { type Input, sendInput } from '../events/input.ts';
import type { Pipeline } from './pipeline.ts';
import type { RejectedEvents } from './rejected/rejected-events.ts';
import { queueDepth } from './sqs/queues.ts';

export interface Sent {
  /** Until the queue was empty, or until it was interrupted. */
  seconds: number;
  interrupted: boolean;
}

export interface Sending {
  input: Input;
  pipeline: Pipeline;
  counts: RunCounts;
  rejected: RejectedEvents;
  stop: AbortSignal;
}

/** Enough for the function never to wait, and little enough that the emulator, which looks at each, stays quick. */
const MAX_UNFINISHED = 2_000;
const POLL_MS = 20;

/** Sends every event, and waits until the queue is empty. */
export async function sendAll({ input, pipeline, counts, rejected, stop }: Sending): Promise<Sent> {
  const { queue } = pipeline;
  const startedAt = performance.now();
  const progress = showProgress(counts.finished, input.total);
  let sent = 0;
  const whenReady = async () => {
    while (sent - counts.finished() > MAX_UNFINISHED && !stop.aborted) await sleep(POLL_MS);
  };
  const onSent = (count: number) => {
    sent += count;
  };
  try {
    await sendInput(input, { queue, whenReady, onSent, onMessage: rejected.sent, stop });
    rejected.allSent();
    await untilEmpty(pipeline, () => counts.received() === sent, stop);
  } finally {
    progress.end();
  }
  const interrupted = stop.aborted;
  if (interrupted) await pipeline.drain();
  return { seconds: (performance.now() - startedAt) / 1_000, interrupted };
}

/** A message is out of the queue a moment before the batch that took it is counted. */
async function untilEmpty(pipeline: Pipeline, allCounted: () => boolean, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    if (allCounted()) {
      const { visible, inFlight } = await queueDepth(pipeline.sqs, pipeline.queueUrl);
      if (visible + inFlight === 0) return;
    }
    await sleep(POLL_MS);
  }
}
