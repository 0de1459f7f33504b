import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatMetrics } from './metrics.ts';
import type { Progress } from './progress.ts';
import { wrongSetting } from './settings.ts';

export interface Listening {
  port: number;
  close(): void;
}

export interface Health {
  progress: Progress;
  /** Whether settings, queue and database were found to be right. */
  isChecked(): boolean;
}

/** `/healthz`, `/readyz` and `/metrics`, on every interface, since a kubelet asks from outside. None shows a value. */
export async function listen(port: number, health: Health): Promise<Listening> {
  const server = createServer(({ url = '', method }, response) => {
    const answer = method === 'GET' || method === 'HEAD' ? answerTo(url.split('?')[0] ?? '', health) : null;
    const { status, text } = answer ?? { status: 404, text: 'not found\n' };
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      fail(wrongSetting(`Port ${port} cannot be opened (${code}).`)),
    );
    server.listen(port, done);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function answerTo(path: string, { progress, isChecked }: Health): { status: number; text: string } | null {
  if (path === '/healthz') return { status: 200, text: 'ok\n' };
  if (path === '/metrics') return { status: 200, text: formatMetrics(progress) };
  if (path !== '/readyz') return null;
  const outage = progress.outage();
  if (outage) return { status: 503, text: `${outage.reason} for ${Math.round(outage.forMs / 1_000)} s\n` };
  return isChecked() ? { status: 200, text: 'ready\n' } : { status: 503, text: 'starting\n' };
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
