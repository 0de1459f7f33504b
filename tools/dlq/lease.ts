import type { SQSRecord } from 'aws-lambda';
import { toRecord } from '../../lambda/queue/to-record.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { CALLS_AT_ONCE, deleteMessages, giveBack, MAX_PER_CALL, receive, type Timing } from './queue-calls.ts';

export interface Lease {
  /** Every message of the queue, each once, however often SQS hands it out. Several may take from it side by side. */
  messages(): AsyncGenerator<SQSRecord>;
  /** @returns how many of them are deleted now */
  delete(messageIds: readonly string[]): Promise<number>;
  /** From then on SQS may have given the messages to somebody else. */
  readonly endsAt: number;
}

export interface LeaseOptions {
  /** Stops looking once what is in flight is done. */
  stop: AbortSignal;
  /** Told how many messages could not be given back, and stay hidden for a while. */
  onStillHidden(count: number): void;
  /** Told how many messages SQS had counted that could not be received. */
  onUnseen(count: number): void;
  timing?: Partial<Timing> | undefined;
}

export const TIMING: Timing = { hideSeconds: 15 * 60, waitSeconds: 1 };
/** SQS's count and its empty answers can be wrong: an empty one is believed once as many were seen as were counted. */
const EMPTY_ANSWERS = 3;

/** The newest receipt handle by message id, null if the message is deleted. */
type Held = Map<string, string | null>;

/** Hides the messages of the queue while `work` looks at them, and gives back all that it did not delete. */
export async function withLease<T>(
  queue: DeadLetterQueue,
  { stop, onStillHidden, onUnseen, timing }: LeaseOptions,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const held: Held = new Map();
  const times = { ...TIMING, ...timing };
  try {
    return await work({
      messages: () => messages(queue, { held, stop, onUnseen, timing: times }),
      delete: (ids) => remove(queue, held, ids),
      endsAt: Date.now() + times.hideSeconds * 1_000,
    });
  } finally {
    const handles = [...held.values()].filter((handle) => handle !== null);
    const stillHidden = await giveBack(queue, handles);
    if (stillHidden > 0) onStillHidden(stillHidden);
  }
}

async function* messages(
  queue: DeadLetterQueue,
  { held, stop, onUnseen, timing }: Pick<LeaseOptions, 'stop' | 'onUnseen'> & { held: Held; timing: Timing },
): AsyncGenerator<SQSRecord> {
  let calls = 1;
  for (let empty = 0; empty < (held.size < queue.visible ? EMPTY_ANSWERS : 1) && !stop.aborted; ) {
    const answers = await Promise.allSettled(Array.from({ length: calls }, () => receive(queue, timing)));
    const received = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const fresh = new Map(received.filter(({ MessageId = '' }) => !held.has(MessageId)).map((m) => [m.MessageId, m]));
    // Rarely SQS forgets that a message was deleted.
    const deletedBefore = received.flatMap(({ MessageId = '' }) => (held.get(MessageId) === null ? MessageId : []));
    for (const { MessageId = '', ReceiptHandle = '' } of received) held.set(MessageId, ReceiptHandle);
    await remove(queue, held, deletedBefore);
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
    empty = received.length === 0 ? empty + 1 : 0;
    calls = received.length === calls * MAX_PER_CALL ? CALLS_AT_ONCE : 1;
    for (const message of fresh.values()) {
      if (stop.aborted) return;
      yield toRecord(message, queue.arn);
    }
  }
  if (held.size < queue.visible && !stop.aborted) onUnseen(queue.visible - held.size);
}

async function remove(queue: DeadLetterQueue, held: Held, ids: readonly string[]): Promise<number> {
  const failed = new Set(
    await deleteMessages(
      queue,
      ids.map((id) => held.get(id) ?? ''),
    ),
  );
  const deleted = ids.filter((id) => !failed.has(held.get(id) ?? ''));
  for (const id of deleted) held.set(id, null);
  return deleted.length;
}
