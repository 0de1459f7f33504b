import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { redriveOne } from './dead-letters.ts';
import { createGuard, type Guard } from './guard.ts';
import { LIVE_POLICY, livePage, liveParts } from './live-page.ts';
import { createLiveState, type LiveSource } from './live-state.ts';

export interface LiveServer {
  /** With the token that lets a browser in. */
  url: string;
  stop(): Promise<void>;
}

/** An id is shorter; nobody who means well sends more. */
const MOST_BYTES = 1_000;
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': `${LIVE_POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Serves the live page on a free port of the loopback interface. */
export async function startLiveServer(source: LiveSource): Promise<LiveServer> {
  const readState = createLiveState(source);
  const server = createServer(async (request, response) => {
    try {
      await answer(request, response);
    } catch {
      // The pipeline is going down, or the browser has gone: neither is the run's concern.
      if (!response.headersSent) send(response, 503, 'text/plain', 'No answer at the moment; try again.');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const guard: Guard = createGuard((server.address() as AddressInfo).port);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const refusal = guard.refusal(request);
    if (refusal?.status === 403 && request.method === 'GET' && guard.hasToken(url)) {
      response.writeHead(303, { ...HEADERS, 'set-cookie': guard.cookie, location: '/' }).end();
      return;
    }
    if (refusal) return send(response, refusal.status, 'text/plain', refusal.reason);
    const route = `${request.method} ${url.pathname}`;
    if (route === 'GET /' && guard.hasToken(url)) response.writeHead(303, { ...HEADERS, location: '/' }).end();
    else if (route === 'GET /') send(response, 200, 'text/html', livePage());
    else if (route === 'GET /parts')
      send(response, 200, 'application/json', JSON.stringify(liveParts(await readState())));
    else if (route === 'POST /redrive') await redrive(request, response);
    else send(response, 404, 'text/plain', 'Not found.');
  }

  async function redrive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (Number(request.headers['content-length'] ?? Number.NaN) <= MOST_BYTES) {
      const { id } = (await json(request)) as { id?: unknown };
      const problem = await redriveOne(source.pipeline, String(id));
      send(response, problem === null ? 200 : 409, 'text/plain', problem ?? 'Sent back.');
    } else {
      send(response, 413, 'text/plain', 'That is more than an id.');
    }
  }

  return {
    url: guard.url,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(body);
}
