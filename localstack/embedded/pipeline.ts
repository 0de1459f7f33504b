import { randomBytes } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { JobError } from '../../lambda/errors.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { MAX_RECEIVES } from '../../lambda/settings/retry-waits.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { type BatchDone, startEventSource } from '../../tools/event-source/event-source.ts';
import type { FunctionAnswer } from '../../tools/event-source/run-counts.ts';
import { explainError } from '../../tools/explain-error.ts';
import { type BusyQueue, createBusyQueue } from '../../tools/sqs/busy-queue.ts';
import type { DataFolder } from './data-folder.ts';
import { createFunctionEnvironment } from './function/function-environment.ts';
import { startPostgres } from './postgres/embedded-postgres.ts';
import { startQueueServer } from './sqs/queue-server.ts';
import { createQueues } from './sqs/queues.ts';

export interface Pipeline {
  sqs: SQSClient;
  queue: BusyQueue;
  endpoint: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** The owner's, so that everything in it can be looked at. */
  databaseUrl: string;
  /** Takes no further message, and waits for the batch in hand. */
  drain(): Promise<void>;
  /** Drains, then stops every part. */
  stop(): Promise<void>;
}

export interface PipelineOptions {
  env: Environment;
  folder: DataFolder;
  keys: Record<string, string>;
  /** Fixed ones, of PostgreSQL and of SQS. */
  port?: number | undefined;
  sqsPort?: number | undefined;
  onBatch(batch: BatchDone<FunctionAnswer>): void;
}

/** Lambda's limits, and a window shorter than it allows: nobody at a terminal should wait a second for ten rows. */
const BATCH = { batchSize: 10_000, windowMs: 50 };
const FUNCTION_TIMEOUT_MS = 30_000;
/** A failed message waits at least as long as the function may take, as on AWS. */
const QUEUES = { visibilityTimeoutSeconds: 30, maxReceiveCount: MAX_RECEIVES };

/** Starts database, queues, function and event source, in this order; what fails to start takes down the others. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    const { ownerUrl, writerUrl } = await prepareDatabase(options, stops);
    const server = await startQueueServer(options.sqsPort);
    stops.push(server.stop);
    const queues = await createQueues(server.sqs, server.endpoint, QUEUES);
    const env = environmentVariables(options, writerUrl, queues.queueUrl);
    const { logFile } = options.folder;
    const lambda = createFunctionEnvironment({ env, timeoutMs: FUNCTION_TIMEOUT_MS, logFile });
    stops.push(lambda.stop);
    const queue = createBusyQueue(server.sqs, queues.queueUrl);
    stops.push(async () => queue.close());
    const source = startEventSource({
      ...BATCH,
      queue,
      queueArn: queues.queueArn,
      invoke: lambda.invoke,
      onBatch: options.onBatch,
    });
    stops.push(source.stop);
    const { sqs, endpoint } = server;
    return { ...queues, sqs, queue, endpoint, databaseUrl: ownerUrl, drain: source.stop, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A database of the user's own is used as it is; in the embedded one the function is the writer, and no more. */
async function prepareDatabase(options: PipelineOptions, stops: (() => Promise<void>)[]) {
  const own = options.env[ENV.databaseUrl];
  if (own) {
    await migrateOrExplain(own);
    return { ownerUrl: own, writerUrl: own };
  }
  const postgres = await startPostgres(options.folder.path, { port: options.port });
  stops.push(postgres.stop);
  await migrateOrExplain(postgres.url);
  return { ownerUrl: postgres.url, writerUrl: await letWriterIn(postgres.url) };
}

async function migrateOrExplain(databaseUrl: string): Promise<void> {
  try {
    await migrate(databaseUrl);
  } catch (error) {
    // A migration that refuses says why, in a sentence of ours.
    const { code, message } = error as { code?: string; message?: string };
    const isOurs = code === 'P0001' || error instanceof JobError;
    throw new UserError(`The database cannot be prepared: ${isOurs ? message : explainError(error)}`);
  }
}

/** A new password at every start: nothing has to keep it. */
async function letWriterIn(ownerUrl: string): Promise<string> {
  const password = randomBytes(16).toString('hex');
  await withClient(ownerUrl, (client) => client.query(`alter role login_writer password '${password}'`));
  const url = new URL(ownerUrl);
  url.username = 'login_writer';
  url.password = password;
  return url.href;
}

/** The user's own AWS settings must not reach the emulator, nor its stand-ins the user's account. */
function environmentVariables(options: PipelineOptions, databaseUrl: string, queueUrl: string): Record<string, string> {
  const inherited = Object.entries(options.env).flatMap(([name, value]): [string, string][] =>
    value === undefined || name.startsWith('AWS_') ? [] : [[name, value]],
  );
  return {
    ...Object.fromEntries(inherited),
    [ENV.databaseUrl]: databaseUrl,
    ...options.keys,
    [ENV.queueUrl]: queueUrl,
    AWS_REGION: LOCAL_AWS.region,
    AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_AWS.secretAccessKey,
  };
}
