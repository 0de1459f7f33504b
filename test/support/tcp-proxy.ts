import { createConnection, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TcpProxy {
  /** The URL, through the proxy. */
  through(url: string): string;
  /** From now on nothing that is sent arrives, and nobody is told: a firewall that has forgotten the connection. */
  swallow(): void;
  /** Lets new connections through again; the old ones stay dead. */
  recover(): void;
  /** Closes every connection. */
  cut(): void;
  /** How many connections were made. */
  connections(): number;
  /** How many clients are connected. */
  open(): number;
}

/** Stands between a client and the Postgres of `url`. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let isSwallowing = false;
  let connections = 0;
  const server = createServer((client) => {
    connections++;
    const upstream = createConnection(Number(port), hostname);
    let isDead = isSwallowing;
    sockets.add(client).add(upstream);
    clients.add(client);
    const relay = (from: Socket, to: Socket) => {
      from.on('data', (data) => {
        isDead ||= isSwallowing;
        if (!isDead) to.write(data);
      });
      from.on('error', () => {}).on('close', () => to.destroy());
    };
    relay(client, upstream);
    relay(upstream, client);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  const address = server.address();
  const proxyPort = typeof address === 'object' && address ? address.port : 0;
  return {
    through: (target) => {
      const proxied = new URL(target);
      proxied.port = `${proxyPort}`;
      return proxied.href;
    },
    swallow: () => {
      isSwallowing = true;
    },
    recover: () => {
      isSwallowing = false;
    },
    cut,
    connections: () => connections,
    open: () => [...clients].filter((client) => !client.destroyed).length,
  };
}
