import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_AWS } from '../../../infra/localstack-endpoint.ts';
import { requireFreePort } from '../ports.ts';

export interface QueueServer {
  /** http://127.0.0.1:port */
  endpoint: string;
  sqs: SQSClient;
  stop(): Promise<void>;
}

/**
 * Starts an SQS server in a thread of its own: it takes as long for a message as the whole pipeline.
 *
 * @param fixedPort of the loopback interface; a free one if it is left out
 */
export async function startQueueServer(fixedPort?: number): Promise<QueueServer> {
  if (fixedPort !== undefined) await requireFreePort(fixedPort, '--sqs-port');
  const thread = new Worker(new URL('./server-thread.ts', import.meta.url), { workerData: { port: fixedPort ?? 0 } });
  const [port] = await once(thread, 'message');
  const endpoint = `http://127.0.0.1:${port}`;
  const sqs = createSqsClient(endpoint);
  return {
    endpoint,
    sqs,
    async stop() {
      sqs.destroy();
      await thread.terminate();
    },
  };
}

export function createSqsClient(endpoint: string): SQSClient {
  const { region, ...credentials } = LOCAL_AWS;
  return new SQSClient({ endpoint, region, credentials, useQueueUrlAsEndpoint: false });
}
