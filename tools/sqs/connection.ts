import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { AWS_CLIENT } from '../../lambda/settings/aws-client.ts';

export interface SendOptions {
  /** How long the server may wait before it answers. */
  waitSeconds?: number;
  /** Cancels the call. */
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  text: string;
}

export interface Connection {
  origin: URL;
  /** Posts a text. */
  send(headers: Record<string, string>, body: string, options: SendOptions): Promise<HttpAnswer>;
  close(): void;
}

/** The address that the SDK's client was given. */
interface Endpoint {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path?: string | undefined;
}

const { connectionTimeout, socketTimeout } = AWS_CLIENT.requestHandler;

/** Keeps its connections open between calls. */
export function openConnection(endpoint: Endpoint | undefined, queueUrl: string): Connection {
  const origin = endpoint ? endpointUrl(endpoint) : new URL('/', queueUrl);
  const isTls = origin.protocol === 'https:';
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const request = isTls ? httpsRequest : httpRequest;
  const target = { ...urlToHttpOptions(origin), method: 'POST', agent };
  return {
    origin,
    close: () => agent.destroy(),
    send: (headers, body, { waitSeconds = 0, signal }) =>
      new Promise((done, fail) => {
        const options = {
          ...target,
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          timeout: socketTimeout + 1_000 * waitSeconds,
          ...(signal && { signal }),
        };
        const sent = request(options, (answer) => {
          const chunks: Buffer[] = [];
          answer
            .on('data', (chunk) => chunks.push(chunk))
            .on('error', fail)
            .on('end', () => done({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        });
        sent.on('error', fail).on('timeout', () => sent.destroy(timeout()));
        sent.on('socket', (socket) => socket.connecting && endSlowConnect(socket));
        // A text goes out together with the headers, in one write; a buffer would need a second.
        sent.end(body);
      }),
  };
}

function endpointUrl({ protocol, hostname, port, path }: Endpoint): URL {
  return new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path ?? '/'}`);
}

function endSlowConnect(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(timeout()), connectionTimeout);
  socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

function timeout(): Error {
  return Object.assign(new Error('SQS did not answer in time'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}
