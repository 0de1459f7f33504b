import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * What a client meets at the address of a database that is not there yet: nobody listens, connections are closed at once,
 * or they are held without an answer, as by a cluster that is waking.
 */
export type Absence = 'refuses' | 'hangs up' | 'holds';

export interface LateServer {
  /** The URL, with this address. */
  through(url: string): string;
  /** From now on connections reach the server; those that were held do not. */
  arrive(): Promise<void>;
  /** How many connections were made while somebody listened. */
  connections(): number;
}

/** An address at which the Postgres of `url` cannot be reached before `arrive`. */
export async function startLateServer(url: string, absence: Absence): Promise<LateServer> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isThere = false;
  let connections = 0;
  const server = createServer((client) => {
    connections++;
    sockets.add(client.on('error', () => {}));
    if (isThere) {
      const upstream = createConnection(Number(port), hostname);
      client.on('close', () => upstream.destroy()).pipe(upstream);
      upstream
        .on('error', () => {})
        .on('close', () => client.destroy())
        .pipe(client);
    } else if (absence === 'hangs up') client.destroy();
  });
  const latePort = await listen(server, 0);
  if (absence === 'refuses') await new Promise((done) => server.close(done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    through: (target) => Object.assign(new URL(target), { port: `${latePort}` }).href,
    async arrive() {
      isThere = true;
      if (absence === 'refuses') await listen(server, latePort);
    },
    connections: () => connections,
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}
