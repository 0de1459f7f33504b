import { UserError } from '../../tools/cli/user-error.ts';
import type { BusyQueue, OnSent } from '../../tools/sqs/busy-queue.ts';
import type { EventText } from './split-events.ts';

export interface SendOptions {
  queue: BusyQueue;
  /** Waits until the queue may take more, so that a long input is never in memory at once. */
  whenReady(): Promise<void>;
  onSent(count: number): void;
  /** Called with each event and the id that the queue gave it. */
  onMessage?(messageId: string, line: number): void;
  stop: AbortSignal;
}

/** SQS's limits for one call: ten messages, and 1 MiB in all. */
const MAX_ENTRIES = 10;
const MAX_BATCH_BYTES = 1024 * 1024;
const CALLS_AT_ONCE = 8;
/** SQS takes these characters, the emulator does not. In JSON text they stand in strings, where an escape means the same. */
const BEYOND_16_BITS = /[\u{10000}-\u{10ffff}]/gu;

/** Sends every event as a message of its own, in calls side by side. */
export async function sendEvents(events: AsyncIterable<EventText>, options: SendOptions): Promise<void> {
  const batches = inBatches(events);
  const worker = async () => {
    for (let next = await batches.next(); !next.done; next = await batches.next()) {
      await options.whenReady();
      if (options.stop.aborted) return;
      await sendBatch(next.value, options);
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
}

async function sendBatch(batch: readonly EventText[], { queue, onSent, onMessage }: SendOptions): Promise<void> {
  const tell: OnSent = (position, messageId) => onMessage?.(messageId, batch[position]?.line ?? 0);
  const failed = await queue.sendBatch(
    batch.map(({ body }) => body),
    tell,
  );
  onSent(batch.length - failed.length);
  const refused = failed[0];
  if (refused) throw new UserError(`line ${batch[refused.position]?.line}: SQS refuses the event (${refused.code}).`);
}

async function* inBatches(events: AsyncIterable<EventText>): AsyncGenerator<EventText[]> {
  let batch: EventText[] = [];
  let bytes = 0;
  for await (const { body, line } of events) {
    const event = { body: body.replace(BEYOND_16_BITS, escapeCharacter), line };
    const size = Buffer.byteLength(event.body);
    if (batch.length === MAX_ENTRIES || (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(event);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function escapeCharacter(character: string): string {
  return [0, 1].map((i) => `\\u${character.charCodeAt(i).toString(16)}`).join('');
}
