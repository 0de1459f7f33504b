import type { SQSClient } from '@aws-sdk/client-sqs';
import { openConnection, type SendOptions } from './connection.ts';
import { createRetries } from './retries.ts';
import { createSigner } from './signature.ts';
import { readAnswer } from './sqs-error.ts';

export interface SignedCalls {
  /** One call of SQS's JSON protocol, as `('ReceiveMessage', {..})`. Throws `SqsError`, or what broke the connection. */
  call<Answer>(action: string, input: object, options?: SendOptions): Promise<Answer>;
  close(): void;
}

/**
 * For the few kinds of call that a busy queue makes by the thousand: the SDK's client takes five times their CPU.
 * Endpoint, region, credentials, clock correction and retries are that client's, and it still makes every other call.
 */
export function createSignedCalls({ config }: SQSClient, queueUrl: string): SignedCalls {
  const retry = createRetries(config);
  const opened = open(config, queueUrl);
  opened.catch(() => {}); // told to whoever calls

  async function attempt<Answer>(action: string, body: string, options: SendOptions): Promise<Answer> {
    const { connection, sign } = await opened;
    // Asked for at each call, since the client replaces those that expire.
    const credentials = await config.credentials();
    const headers = sign(action, body, credentials, new Date(Date.now() + config.systemClockOffset));
    return readAnswer<Answer>(action, await connection.send(headers, body, options));
  }

  return {
    call(action, input, options = {}) {
      const body = JSON.stringify(input);
      return retry(() => attempt(action, body, options));
    },
    close: () => void opened.then(({ connection }) => connection.close()).catch(() => {}),
  };
}

async function open(config: SQSClient['config'], queueUrl: string) {
  // Without an endpoint the client goes by the queue's URL, and so does this.
  const connection = openConnection(await config.endpoint?.(), queueUrl);
  return { connection, sign: createSigner(connection.origin, await config.region()) };
}
