import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';

export type AwsInput = Readonly<Record<string, unknown>>;

/** An answer of the service, or one of its errors. */
export type AwsAnswer = { output: object } | { error: string; status?: number };

/** `hang`: nothing is answered; `stall`: nothing but the head; `garble`: HTML; `refuse`: nobody listens. */
export type State = 'up' | 'hang' | 'stall' | 'garble' | 'refuse';

export interface AwsCall {
  operation: string;
  input: AwsInput;
  headers: IncomingHttpHeaders;
  /** As it was sent. */
  body: string;
}

export interface AwsServer {
  endpoint: string;
  /** Operation and input of every call, as in `GenerateMac`. */
  calls: AwsCall[];
  /** How many have their answer. */
  answered(): number;
  setMode(state: State): Promise<void>;
}

/** A service that speaks the AWS JSON protocol, until the test ends. */
export async function startAwsServer(
  answer: (operation: string, input: AwsInput) => AwsAnswer | Promise<AwsAnswer>,
): Promise<AwsServer> {
  const calls: AwsServer['calls'] = [];
  let answered = 0;
  let state: State = 'up';
  const server = createServer(async (request, response) => {
    const operation = `${request.headers['x-amz-target']}`.replace(/^.*\./, '');
    const body = await bodyOf(request);
    const input = JSON.parse(body);
    calls.push({ operation, input, headers: request.headers, body });
    response.on('finish', () => answered++);
    if (state === 'stall') response.writeHead(200, { 'content-length': 99 }).flushHeaders();
    if (state === 'garble') response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
    if (state === 'up') respond(response, await answer(operation, input));
  });
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  onTestFinished(close);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    answered: () => answered,
    async setMode(next) {
      state = next;
      if (next === 'refuse') await close();
      else if (!server.listening) await listen(port);
    },
  };
}

/** What a function finds in its environment on AWS; the clients read it from the process. */
export function stubAwsEnvironment(variables: Readonly<Record<string, string>> = {}): void {
  const all = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...variables,
  };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

function respond(response: ServerResponse, answer: AwsAnswer): void {
  const [status, body] =
    'output' in answer ? [200, answer.output] : [answer.status ?? 400, { __type: answer.error, message: answer.error }];
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}
