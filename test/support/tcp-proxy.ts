import { createConnection, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TcpProxy {
  /** The URL, through the proxy. */
  through(url: string): string;
  /** From now on nothing that is sent arrives, and nobody is told: a firewall that has forgotten the connection. */
  swallow(): void;
  /** Lets new connections through again; the old ones stay dead. */
  recover(): void;
  /** The client is cut off between the data of the next two COPYs, and the server is not told. */
  abandonOnCopy(): void;
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
  let abandonsCopy = false;
  let connections = 0;
  const server = createServer((client) => {
    connections++;
    const upstream = createConnection(Number(port), hostname);
    let isDead = isSwallowing;
    let isAbandoned = false;
    let copies = 0;
    sockets.add(client).add(upstream);
    clients.add(client);
    const relay = (from: Socket, to: Socket) => {
      from.on('data', (data) => {
        isDead ||= isSwallowing;
        const copyAt = abandonsCopy && from === client ? data.lastIndexOf('PGCOPY') : -1;
        copies += data.toString('latin1').split('PGCOPY').length - 1;
        if (copyAt >= 0 && copies > 1) {
          abandonsCopy = false;
          isAbandoned = true;
          to.write(data.subarray(0, copyAt));
          client.destroy();
        } else if (!isDead && !isAbandoned) to.write(data);
      });
      from.on('error', () => {}).on('close', () => isAbandoned || to.destroy());
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
    abandonOnCopy: () => {
      abandonsCopy = true;
    },
    recover: () => {
      isSwallowing = false;
    },
    cut,
    connections: () => connections,
    open: () => [...clients].filter((client) => !client.destroyed).length,
  };
}
