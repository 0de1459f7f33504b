import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../../../localstack/embedded/sqs/queues.ts';
import { sendEvents } from '../../../localstack/events/send-events.ts';
import { createBusyQueue } from '../../../tools/sqs/busy-queue.ts';
import type { Workload } from './workload.ts';

interface Queue {
  sqs: SQSClient;
  queueUrl: string;
}

export async function sendMessages(
  { sqs, queueUrl }: Queue,
  workload: Workload,
  { from, to, whenReady }: { from: number; to: number; whenReady(): Promise<void> },
): Promise<void> {
  const stop = new AbortController().signal;
  const queue = createBusyQueue(sqs, queueUrl);
  await sendEvents(bodies(workload, from, to), { queue, whenReady, onSent: () => {}, stop }).finally(queue.close);
}

async function* bodies(workload: Workload, from: number, to: number) {
  for (let line = from; line < to; line++) yield { body: workload.bodyOf(line), line };
}

/** Whether the queue comes to rest in time. Looked at twice: a batch in hand is counted a moment after it is taken. */
export async function isDrained({ sqs, queueUrl }: Queue, running: () => number, timeoutMs: number): Promise<boolean> {
  let quiet = 0;
  for (const startedAt = performance.now(); performance.now() - startedAt < timeoutMs; await sleep(50)) {
    const { visible, inFlight } = await queueDepth(sqs, queueUrl);
    quiet = visible + inFlight + running() === 0 ? quiet + 1 : 0;
    if (quiet === 2) return true;
  }
  return false;
}
