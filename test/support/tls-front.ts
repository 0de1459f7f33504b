import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Certificate } from './certificates.ts';

/** Judges a login by user and password; a text refuses it, as the server's message. */
export type Authenticate = (user: string, password: string) => Promise<string | null>;

export interface TlsFront {
  port: number;
  /** How many bytes came out of the encrypted connections. */
  received(): number;
  /** How many connections are open. */
  open(): number;
}

export interface TlsFrontOptions {
  certificate: Certificate;
  /** In place of the server, which must then trust everybody. */
  authenticate?: Authenticate;
}

/** Puts TLS, and on request logins by other rules, before a Postgres that has neither. */
export async function startTlsFront(url: string, { certificate, authenticate }: TlsFrontOptions): Promise<TlsFront> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let received = 0;
  const server = createServer(async (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    await nextData(socket); // SSLRequest
    socket.write('S');
    const client = new TLSSocket(socket, { isServer: true, cert: certificate.cert, key: certificate.key });
    client
      .on('error', () => {})
      .on('data', ({ length }) => {
        received += length;
      });
    client.pause();
    const startup = await nextData(client);
    if (authenticate && !(await isLetIn(client, startup, authenticate))) return;
    const upstream = createConnection(Number(port), hostname);
    upstream.on('error', () => {}).on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    upstream.write(startup);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, received: () => received, open: () => sockets.size };
}

/** A quiet client sends each message as one piece of data. */
function nextData(socket: Socket): Promise<Buffer> {
  return new Promise((done) => {
    socket.once('data', (data: Buffer) => {
      socket.pause();
      done(data);
    });
    socket.resume();
  });
}

/** PostgreSQL manual, "Message Formats": asks for a password in clear text, as RDS does for a token. */
async function isLetIn(client: Socket, startup: Buffer, authenticate: Authenticate): Promise<boolean> {
  const [, user = ''] = /\0user\0([^\0]*)/.exec(`\0${startup.subarray(8).toString()}`) ?? [];
  client.write(message('R', Buffer.of(0, 0, 0, 3)));
  const password = (await nextData(client)).subarray(5, -1).toString();
  const refusal = await authenticate(user, password);
  if (refusal !== null) client.end(message('E', Buffer.from(`SFATAL\0VFATAL\0C28000\0M${refusal}\0\0`)));
  return refusal === null;
}

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}
