import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { Random } from '../../support/random.ts';
import type { ChildAnswer, FunctionProcess } from './function-process.ts';
import type { Output } from './output.ts';

export interface DeliveryOptions {
  seed?: number;
  /** How often a message is delivered a second time beside its first, as SQS may; from 0 to 1. */
  redeliver?: number;
  /** Every message goes one to so many times, in any order, to all functions at once. */
  copies?: number;
  /** What becomes of a batch on its way to the function. */
  mangle?(records: readonly SQSRecord[], random: Random): unknown;
  /** Told each record as it goes to a function. */
  onDelivery?(record: SQSRecord): void;
}

/** Between the event source and the functions: repeats, deals out, mangles, and holds answers against outcomes. */
export interface Delivery {
  /** An invocation of the function with this number; fails as an invocation does. */
  deliver(worker: number, records: readonly SQSRecord[]): Promise<SQSBatchResponse>;
  running(): number;
  /** Answers that named other messages than those that were not stored. */
  wrongAnswers(): number;
}

/** How many messages there are to be repeated. */
const REMEMBERED = 200;

export function createDelivery(
  functions: readonly FunctionProcess[],
  output: Output,
  options: DeliveryOptions,
): Delivery {
  const { seed = 1, redeliver = 0, copies = 0 } = options;
  const random = new Random(seed);
  const { invoke, wrongAnswers } = createInvoker(functions, output, random, options);
  const repeat = createRepeater(invoke, random, redeliver);
  let running = 0;

  /** What fails in one of its deliveries is not done. */
  async function dealOut(records: readonly SQSRecord[]): Promise<ReadonlySet<string>> {
    const hands = functions.map((): SQSRecord[] => []);
    for (const record of records) {
      const times = random.int(1, copies);
      for (let i = 0; i < times; i++) random.pick(hands).push(record);
    }
    const failed = await Promise.all(hands.map((hand, worker) => invoke(worker, shuffle(hand, random))));
    return new Set(failed.flatMap((ids) => [...ids]));
  }

  return {
    async deliver(worker, records) {
      running++;
      try {
        const failed = copies > 0 ? await dealOut(records) : await repeat(worker, records);
        const own = new Set(records.map(({ messageId }) => messageId).filter((id) => failed.has(id)));
        return { batchItemFailures: [...own].map((itemIdentifier) => ({ itemIdentifier })) };
      } finally {
        running--;
      }
    },
    running: () => running,
    wrongAnswers,
  };
}

/** @returns the ids that the function named as failed */
type Invoke = (worker: number, records: readonly SQSRecord[]) => Promise<ReadonlySet<string>>;

function createInvoker(
  functions: readonly FunctionProcess[],
  output: Output,
  random: Random,
  { mangle, onDelivery }: DeliveryOptions,
): { invoke: Invoke; wrongAnswers(): number } {
  let wrongAnswers = 0;
  return {
    async invoke(worker, records) {
      for (const record of records) onDelivery?.(record);
      const event = mangle ? mangle(records, random) : { Records: records };
      // Sent to another process, so nothing of it can be changed by this one.
      const answer = await (functions[worker] as FunctionProcess).invoke(event as { Records: SQSRecord[] });
      if (answer.error !== undefined) {
        output.print(answer.error);
        throw new Error('The function failed.');
      }
      output.print(`${answer.response}`);
      if (!isSound(answer)) wrongAnswers++;
      return namedIn(answer);
    },
    wrongAnswers: () => wrongAnswers,
  };
}

/** Old messages come along, in any order; the answer says nothing of them. */
function createRepeater(invoke: Invoke, random: Random, redeliver: number): Invoke {
  const seen: SQSRecord[] = [];
  return (worker, records) => {
    const again = seen.filter(() => random.chance(redeliver));
    seen.push(...records.slice(0, REMEMBERED));
    seen.splice(0, Math.max(0, seen.length - REMEMBERED));
    return invoke(worker, shuffle([...again, ...records], random));
  };
}

function namedIn({ response }: ChildAnswer): Set<string> {
  const { batchItemFailures } = JSON.parse(`${response}`) as SQSBatchResponse;
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}

function isSound(answer: ChildAnswer): boolean {
  const isDone = ([, kind]: ChildAnswer['outcomes'][number]) => kind === 'stored' || kind === 'duplicate';
  const undone = new Set(answer.outcomes.filter((outcome) => !isDone(outcome)).map(([id]) => id));
  const { batchItemFailures } = JSON.parse(`${answer.response}`) as SQSBatchResponse;
  return batchItemFailures.length === undone.size && [...namedIn(answer)].every((id) => undone.has(id));
}

/** Fisher-Yates. */
function shuffle<T>(items: readonly T[], random: Random): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}
