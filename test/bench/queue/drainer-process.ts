import type { SQSEvent } from 'aws-lambda';
import { createHandler } from '../../../lambda/create-handler.ts';
import { ENV } from '../../../lambda/settings/environment.ts';
import { createSqsClient } from '../../../localstack/embedded/sqs/queue-server.ts';
import { startEventSource } from '../../../tools/event-source/event-source.ts';
import { createBusyQueue } from '../../../tools/sqs/busy-queue.ts';
import type { Assignment, Sample } from './rounds.ts';
import { type Drainer, type DrainerOptions, startSdkSource } from './sdk-source.ts';

/** A process that empties its queue as often as it is told to, and says what that took. */
const BATCH = { batchSize: 10_000, windowMs: 100 };

process.once('message', (assignment: Assignment) => {
  const { endpoint, queueUrl, queueArn, databaseUrl, maskKey } = assignment;
  const sqs = createSqsClient(endpoint);
  const handler = createHandler({ [ENV.databaseUrl]: databaseUrl, [ENV.maskKey]: maskKey });
  const invoke = async (event: SQSEvent) => {
    if (!assignment.stores) return;
    const { batchItemFailures } = await handler(event);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages were not stored.`);
  };
  const start = assignment.contestant === 'sdk' ? startSdkSource : startOurs;
  process.on('message', async ({ messages }: { messages: number }) => {
    process.send?.(
      await drain(messages, (onDeleted) => start({ ...BATCH, sqs, queueUrl, queueArn, invoke, onDeleted })),
    );
  });
  process.send?.('ready');
});

async function drain(messages: number, start: (onDeleted: (count: number) => void) => Drainer): Promise<Sample> {
  const startedAt = performance.now();
  const cpuAt = process.cpuUsage();
  const empty = Promise.withResolvers<Sample>();
  let deleted = 0;
  const source = start((count) => {
    deleted += count;
    if (deleted < messages) return;
    const { user, system } = process.cpuUsage(cpuAt);
    empty.resolve({ seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: (user + system) / 1e6 });
  });
  const sample = await empty.promise;
  await source.stop();
  return sample;
}

function startOurs({ sqs, queueUrl, invoke, onDeleted, ...options }: DrainerOptions): Drainer {
  const queue = createBusyQueue(sqs, queueUrl);
  const source = startEventSource({
    ...options,
    queue,
    waitSeconds: 1,
    invoke: async (event) => ({ response: await invoke(event) }),
    onBatch({ messageIds, kept, error }) {
      if (error || kept.size > 0) throw error ?? new Error(`${kept.size} messages were not deleted.`);
      onDeleted(messageIds.length);
    },
  });
  return {
    async stop() {
      await source.stop();
      queue.close();
    },
  };
}
