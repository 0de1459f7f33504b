import type { SQSRecord } from 'aws-lambda';
import { LOCAL_AWS } from '../../../infra/localstack-endpoint.ts';
import { ENV } from '../../../lambda/settings/environment.ts';
import { type EventSource, startEventSource } from '../../../tools/event-source/event-source.ts';
import { TEST_MASK_KEY } from '../../support/function.ts';
import { type BackendOptions, type Backends, startBackends } from './backends.ts';
import type { History } from './check-history.ts';
import { collectHistory } from './collect-history.ts';
import { createDelivery, type Delivery, type DeliveryOptions } from './delivery.ts';
import { createFunctionProcess, type FunctionProcess } from './function-process.ts';
import { createOutput, type Output } from './output.ts';
import { isDrained, sendMessages } from './traffic.ts';
import type { Workload } from './workload.ts';

export interface SystemOptions extends DeliveryOptions, BackendOptions {
  workload: Workload;
  workers: number;
  batchSize: number;
  windowMs: number;
  /** Of the function, besides its usual one. */
  env: Readonly<Record<string, string>>;
  functionTimeoutMs: number;
  commitsMayGoUnseen: boolean;
}

/** Database, queues, and function environments with an event source each, and all that stands between them. */
export interface System extends Backends {
  workload: Workload;
  functions: readonly FunctionProcess[];
  output: Output;
  /** Sends the messages of the workload from one number to below another; there may be more of them than were planned. */
  send(from?: number, to?: number, whenReady?: () => Promise<void>): Promise<void>;
  /** Until nothing is in the queue and no function at work; false where that does not come. */
  drained(timeoutMs: number): Promise<boolean>;
  history(): Promise<History>;
  stop(): Promise<void>;
}

/** The time left to Lambda's own end must suffice for a new connection and for handing back, see lambda/create-handler.ts. */
const USUAL = {
  workers: 2,
  batchSize: 100,
  windowMs: 50,
  visibilityTimeoutSeconds: 5,
  maxReceiveCount: 12,
  env: {},
  functionTimeoutMs: 16_000,
  postgresSettings: {},
  commitsMayGoUnseen: true,
};

type Given = Partial<SystemOptions> & Pick<SystemOptions, 'template' | 'workload'>;
type Options = Given & typeof USUAL;

/** Starts every part; what fails to start takes down the others. */
export async function startSystem(given: Given): Promise<System> {
  const options = { ...USUAL, ...given };
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    return { ...(await assemble(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(options: Options, stops: (() => unknown)[]): Promise<Omit<System, 'stop'>> {
  const { workload, commitsMayGoUnseen } = options;
  // What was planned and never sent is lost too.
  let { messages } = workload;
  const backends = await startBackends(options, stops);
  const output = createOutput();
  const functions = createFunctions(backends, output, options);
  stops.push(() => Promise.all(functions.map((lambda) => lambda.stop())));
  const delivery = createDelivery(functions, output, options);
  const sources = startSources(backends, delivery, options);
  stops.push(() => Promise.all(sources.map((source) => source.stop())));
  return {
    ...backends,
    workload,
    output,
    functions,
    send(from = 0, to = workload.messages, whenReady = async () => {}) {
      messages = Math.max(messages, to);
      return sendMessages(backends, workload, { from, to, whenReady });
    },
    drained: (withinMs) => isDrained(backends, delivery.running, withinMs),
    history: () =>
      collectHistory({
        ...backends,
        workload: { ...workload, messages },
        output,
        wrongAnswers: delivery.wrongAnswers(),
        commitsMayGoUnseen,
      }),
  };
}

/** Waits of a second or two: what takes minutes in an outage is to take seconds here. */
function createFunctions(backends: Backends, output: Output, options: Options): FunctionProcess[] {
  const { postgres, database, queue, queueUrl } = backends;
  const env = {
    [ENV.databaseUrl]: database.through(postgres.writerUrl),
    [ENV.maskKey]: TEST_MASK_KEY,
    [ENV.queueUrl]: queue.through(queueUrl),
    [ENV.retryWait]: '1',
    [ENV.longestRetryWait]: '2',
    AWS_REGION: LOCAL_AWS.region,
    AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_AWS.secretAccessKey,
    ...options.env,
  };
  return Array.from({ length: options.workers }, () =>
    createFunctionProcess({ env, timeoutMs: options.functionTimeoutMs, print: output.print }),
  );
}

/** One for each function, or a single one where every message is dealt out to them all. */
function startSources(backends: Backends, delivery: Delivery, options: Options): EventSource[] {
  const { sourceQueue: queue, queueArn } = backends;
  const { batchSize, windowMs } = options;
  return Array.from({ length: options.copies ? 1 : options.workers }, (_, worker) =>
    startEventSource({
      queue,
      queueArn,
      batchSize,
      windowMs,
      invoke: async ({ Records }) => ({ response: await delivery.deliver(worker, Records as SQSRecord[]) }),
    }),
  );
}
