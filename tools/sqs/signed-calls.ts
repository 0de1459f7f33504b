import type { SQSClient } from '@aws-sdk/client-sqs';
import { SignatureV4 } from '@smithy/signature-v4';
import { openConnection, type SendOptions } from './connection.ts';
import { createRetries } from './retries.ts';
import { Sha256 } from './sha256.ts';
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
  const { region, credentials } = config;
  const signer = new SignatureV4({ service: 'sqs', region, credentials, sha256: Sha256, applyChecksum: false });
  const retry = createRetries(config);
  // Without an endpoint the client goes by the queue's URL, and so does this.
  const connection = Promise.resolve(config.endpoint?.()).then((endpoint) => openConnection(endpoint, queueUrl));
  connection.catch(() => {}); // told to whoever calls

  async function attempt<Answer>(action: string, body: string, options: SendOptions): Promise<Answer> {
    const { origin, send } = await connection;
    const { host } = origin;
    const unsigned = {
      method: 'POST',
      protocol: origin.protocol,
      hostname: host,
      path: origin.pathname,
      headers: { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      body,
    };
    const signingDate = new Date(Date.now() + config.systemClockOffset);
    const { headers } = await signer.sign(unsigned, { signingDate });
    return readAnswer<Answer>(action, await send(headers, body, options));
  }

  return {
    call(action, input, options = {}) {
      const body = JSON.stringify(input);
      return retry(() => attempt(action, body, options));
    },
    close: () => void connection.then(({ close }) => close()).catch(() => {}),
  };
}
