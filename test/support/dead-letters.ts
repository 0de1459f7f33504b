import { setTimeout as sleep } from 'node:timers/promises';
import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../../localstack/embedded/sqs/queues.ts';
import { dlqCommand } from '../../tools/dlq/dlq.ts';
import type { Trial } from '../../tools/dlq/queue-command.ts';
import { PROGRAM } from '../../tools/program/commands.ts';
import { type ProgramResult, runLoginEtl } from './program.ts';
import { createQueue, type TestQueue } from './queue.ts';
import { VALID_BODY } from './records.ts';

export interface DeadLetters extends TestQueue {
  deadUrl: string;
  /** @param body a text as it is, anything else as JSON. @returns the message's id */
  sendDead(body: unknown, attributes?: Record<string, string>): Promise<string>;
  deadDepth(): Promise<{ visible: number; inFlight: number }>;
  /** Runs `npx login-etl dlq ...args`. */
  dlq(args: readonly string[], options?: DlqOptions): Promise<ProgramResult>;
}

export interface DlqOptions extends Trial {
  /** Ctrl-C. */
  stop?: AbortSignal;
  env?: Record<string, string>;
  /** What somebody types at a terminal. */
  typed?: string;
}

/** The two queues on a real SQS server, and the command that works on them. */
export async function createDeadLetters(settings = {}): Promise<DeadLetters> {
  const queue = await createQueue(settings);
  const deadUrl = `${queue.url}-dlq`;
  return {
    ...queue,
    deadUrl,
    async sendDead(body, attributes = {}) {
      const command = new SendMessageCommand({
        QueueUrl: deadUrl,
        MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
        MessageAttributes: stringAttributes(attributes),
      });
      return (await queue.sqs.send(command)).MessageId ?? '';
    },
    deadDepth: () => queueDepth(queue.sqs, deadUrl),
    dlq: (args, options) => runDlq(args, { AWS_ENDPOINT_URL: queue.endpoint }, options),
  };
}

/** The server hands out at once all that it has, so nobody has to wait for more. */
const AT_ONCE = { waitSeconds: 0 };

export function runDlq(
  args: readonly string[],
  places: Record<string, string>,
  { env = {}, typed, stop, timing, ...rest }: DlqOptions = {},
): Promise<ProgramResult> {
  const load = async () => dlqCommand({ timing: { ...AT_ONCE, ...timing }, ...rest });
  const definition = { ...PROGRAM, groups: { All: { dlq: { summary: '', load } } } };
  const all = { env: { ...places, ...env }, definition, ...(typed !== undefined && { typed }), ...(stop && { stop }) };
  return runLoginEtl(['dlq', ...args], all);
}

function stringAttributes(values: Record<string, string>): Record<string, MessageAttributeValue> {
  const entries = Object.entries(values).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]);
  return Object.fromEntries(entries);
}

/** Called before each call, and may do something or make the call fail. */
export function onCalls(
  sqs: SQSClient,
  told: (command: string, call: () => Promise<unknown>) => Promise<unknown>,
): void {
  sqs.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) =>
        told(commandName, () => next(args)) as ReturnType<typeof next>,
    { step: 'initialize' },
  );
}

/** An event that is valid except for one thing. */
export const WITHOUT_IP = { ...VALID_BODY, ip: undefined };

/** Two that are rejected for one reason, one for another, and one that only looks fine; with their ids in this order. */
export async function createFour(): Promise<DeadLetters & { ids: string[] }> {
  const queue = await createDeadLetters();
  const ids: string[] = [];
  for (const body of [WITHOUT_IP, 'not json', VALID_BODY, WITHOUT_IP]) {
    ids.push(await queue.sendDead(body));
    // SQS counts milliseconds: each is to be older than the next.
    await sleep(2);
  }
  return { ...queue, ids };
}

/** Interrupts the command at this call, as Ctrl-C would. */
export function interruptAt(position: number): Pick<DlqOptions, 'stop' | 'onClient'> {
  const interrupt = new AbortController();
  let calls = 0;
  const onClient = (sqs: SQSClient) =>
    onCalls(sqs, (_command, call) => {
      if (++calls === position) interrupt.abort();
      return call();
    });
  return { stop: interrupt.signal, onClient };
}

/** Makes calls of a given name fail before they reach the server. */
export function failing(...commands: string[]): Pick<DlqOptions, 'onClient'> {
  return {
    onClient: (sqs) =>
      onCalls(sqs, (command, call) => {
        if (!commands.includes(command)) return call();
        throw Object.assign(new Error('canary of the network'), { code: 'ECONNRESET' });
      }),
  };
}
