import { randomBytes } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { ENV } from '../../../lambda/environment.ts';
import { type EventSource, startEventSource } from '../../../localstack/event-source/event-source.ts';
import { LOCAL_AWS, startQueueServer } from '../../../localstack/queue/queue-server.ts';
import { createQueues } from '../../../localstack/queue/queues.ts';
import type { History } from './check-history.ts';
import { collectHistory } from './collect-history.ts';
import { createDelivery, type Delivery, type DeliveryOptions } from './delivery.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { createFunctionProcess, type FunctionProcess } from './function-process.ts';
import { type KillablePostgres, startKillablePostgres } from './killable-postgres.ts';
import { createOutput, type Output } from './output.ts';
import { isDrained, sendMessages } from './traffic.ts';
import { REFUSED, type Workload } from './workload.ts';

export interface SystemOptions extends DeliveryOptions {
  /** A folder of `makeTemplate`. */
  template: string;
  workload: Workload;
  workers: number;
  batchSize: number;
  windowMs: number;
  visibilityTimeoutSeconds: number;
  maxReceiveCount: number;
  /** Of the function; the hour of a retry wait is a minute here. */
  env: Readonly<Record<string, string>>;
  functionTimeoutMs: number;
  postgresSettings: Readonly<Record<string, string>>;
  commitsMayGoUnseen: boolean;
}

/** Database, queues, and function environments with an event source each, and all that stands between them. */
export interface System {
  workload: Workload;
  postgres: KillablePostgres;
  /** Between function and database. */
  database: FaultProxy;
  /** Between function and queue; the event source has a way of its own. */
  queue: FaultProxy;
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  functions: readonly FunctionProcess[];
  output: Output;
  delivery: Delivery;
  /** Sends the messages of the workload from one number to below another. */
  send(from?: number, to?: number, whenReady?: () => Promise<void>): Promise<void>;
  /** Until nothing is in the queue and no function at work; false where that does not come. */
  drained(timeoutMs: number): Promise<boolean>;
  history(): Promise<History>;
  stop(): Promise<void>;
}

/** The time left to Lambda's own end must suffice for a new connection and for handing back, see lambda/function.ts. */
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
/** A row that every check of the function lets through, and the database does not. */
const REFUSE = `
  create function refuse() returns trigger language plpgsql as $$
  begin
    if new.device_type = '${REFUSED}' then raise exception 'refused' using errcode = '23514'; end if;
    return new;
  end $$;
  create trigger refuse before insert on user_logins for each row execute function refuse()`;

type Given = Partial<SystemOptions> & Pick<SystemOptions, 'template' | 'workload'>;

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

interface Places {
  postgres: KillablePostgres;
  database: FaultProxy;
  queue: FaultProxy;
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
  deadLetterQueueUrl: string;
}

async function startPlaces(options: Given & typeof USUAL, stops: (() => unknown)[]): Promise<Places> {
  const postgres = await startKillablePostgres(options.template, options.postgresSettings);
  stops.push(postgres.stop);
  await postgres.query(REFUSE);
  const server = await startQueueServer();
  stops.push(server.stop);
  const queues = await createQueues(server.sqs, server.endpoint, options);
  const database = await startFaultProxy(postgres.writerUrl);
  const queue = await startFaultProxy(server.endpoint);
  stops.push(database.stop, queue.stop);
  return { postgres, database, queue, sqs: server.sqs, ...queues };
}

async function assemble(options: Given & typeof USUAL, stops: (() => unknown)[]): Promise<Omit<System, 'stop'>> {
  const { workload, commitsMayGoUnseen, functionTimeoutMs: timeoutMs } = options;
  const places = await startPlaces(options, stops);
  const { postgres, database, queue } = places;
  const output = createOutput();
  const own = functionEnvironment(database.through(postgres.writerUrl), queue.through(places.queueUrl));
  const functions = Array.from({ length: options.workers }, () =>
    createFunctionProcess({ env: { ...own, ...options.env }, timeoutMs, print: output.print }),
  );
  stops.push(() => Promise.all(functions.map((lambda) => lambda.stop())));
  const delivery = createDelivery(functions, output, options);
  const sources = startSources({ ...options, ...places, delivery });
  stops.push(() => Promise.all(sources.map((source) => source.stop())));
  return {
    ...places,
    workload,
    output,
    functions,
    delivery,
    send: (from = 0, to = workload.messages, whenReady = async () => {}) =>
      sendMessages(places, workload, { from, to, whenReady }),
    drained: (withinMs) => isDrained(places, delivery.running, withinMs),
    history: () =>
      collectHistory({ ...places, workload, output, wrongAnswers: delivery.wrongAnswers(), commitsMayGoUnseen }),
  };
}

/** One for each function, or a single one where every message is dealt out to them all. */
function startSources(options: {
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
  workers: number;
  batchSize: number;
  windowMs: number;
  copies?: number;
  delivery: Delivery;
}): EventSource[] {
  const { sqs, queueUrl, queueArn, batchSize, windowMs, delivery } = options;
  return Array.from({ length: options.copies ? 1 : options.workers }, (_, i) =>
    startEventSource({
      sqs,
      queueUrl,
      queueArn,
      batchSize,
      windowMs,
      invoke: ({ Records }) => delivery.deliver(i, Records as SQSRecord[]),
    }),
  );
}

/** Waits of a second or two: what takes minutes in an outage is to take seconds here. */
function functionEnvironment(databaseUrl: string, queueUrl: string): Record<string, string> {
  return {
    [ENV.databaseUrl]: databaseUrl,
    [ENV.maskKey]: `hex:${randomBytes(32).toString('hex')}`,
    [ENV.queueUrl]: queueUrl,
    [ENV.retryWait]: '1',
    [ENV.longestRetryWait]: '2',
    AWS_REGION: LOCAL_AWS.region,
    AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_AWS.secretAccessKey,
  };
}
