import type { SQSClient } from '@aws-sdk/client-sqs';
import { createSqsClient, startQueueServer } from '../../../localstack/embedded/sqs/queue-server.ts';
import { createQueues, type QueueSettings } from '../../../localstack/embedded/sqs/queues.ts';
import { type BusyQueue, createBusyQueue } from '../../../tools/sqs/busy-queue.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { type KillablePostgres, startKillablePostgres } from './killable-postgres.ts';
import { REFUSED } from './workload.ts';

/** Database and queues, and the ways to them. */
export interface Backends {
  postgres: KillablePostgres;
  /** Between function and database. */
  database: FaultProxy;
  /** Between function and queue. */
  queue: FaultProxy;
  /** Between event source and queue. */
  source: FaultProxy;
  /** Past every fault, for whoever sends and looks. */
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
  deadLetterQueueUrl: string;
  /** Through `source`. */
  sourceQueue: BusyQueue;
}

export interface BackendOptions extends QueueSettings {
  /** A folder of `makeTemplate`. */
  template: string;
  postgresSettings: Readonly<Record<string, string>>;
  /** Starts what the function's connections go through on their way to the server, if anything. */
  pooler?(writerUrl: string): Promise<{ url: string; stop(): unknown }>;
}

/** A row that every check of the function lets through, and the database does not. */
const REFUSE = `
  create function refuse() returns trigger language plpgsql as $$
  begin
    if new.device_type = '${REFUSED}' then raise exception 'refused' using errcode = '23514'; end if;
    return new;
  end $$;
  create trigger refuse before insert on user_logins for each row execute function refuse()`;

/** @param stops gets what ends each part, in the order of their start */
export async function startBackends(options: BackendOptions, stops: (() => unknown)[]): Promise<Backends> {
  const postgres = await startKillablePostgres(options.template, options.postgresSettings);
  stops.push(postgres.stop);
  await postgres.query(REFUSE);
  const server = await startQueueServer();
  stops.push(server.stop);
  const queues = await createQueues(server.sqs, server.endpoint, options);
  const proxyTo = async (url: string) => {
    const proxy = await startFaultProxy(url);
    stops.push(proxy.stop);
    return proxy;
  };
  const pooler = await options.pooler?.(postgres.writerUrl);
  if (pooler) stops.push(pooler.stop);
  const database = await proxyTo(pooler?.url ?? postgres.writerUrl);
  const queue = await proxyTo(server.endpoint);
  const source = await proxyTo(server.endpoint);
  const sourceSqs = createSqsClient(source.through(server.endpoint));
  const sourceQueue = createBusyQueue(sourceSqs, queues.queueUrl);
  stops.push(sourceQueue.close, () => sourceSqs.destroy());
  return { postgres, database, queue, source, sqs: server.sqs, ...queues, sourceQueue };
}
