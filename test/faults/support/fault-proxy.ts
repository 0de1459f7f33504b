import { createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `swallow`: nothing arrives any more, and nobody is told, as behind a firewall that has forgotten the connection; it
 * stays dead afterwards. `refuse`: every connection, old and new, is closed at once. `delayMs`: of each piece of data.
 */
export type Weather = 'fair' | 'swallow' | 'refuse' | { delayMs: number };

export interface FaultProxy {
  /** The URL, through the proxy. */
  through(url: string): string;
  be(weather: Weather): void;
  /** Closes every connection. */
  cut(): void;
  /** Lets so many bytes of the next COPY data pass, and closes the connection. */
  cutNextCopyAfter(bytes: number): void;
  /** The answer to the next commit of a COPY does not arrive: the connection is closed, or stays open and dead. */
  loseNextCommitAnswer(how: 'cut' | 'swallow'): void;
  /** How many of the two above have happened. */
  happened(): number;
  stop(): void;
}

interface State {
  weather: Weather;
  copyBytes: number | null;
  lostAnswer: 'cut' | 'swallow' | null;
  happened: number;
}

/** Stands between a client and the server of `url`. */
export async function startFaultProxy(url: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const state: State = { weather: 'fair', copyBytes: null, lostAnswer: null, happened: 0 };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((client) => {
    if (state.weather === 'refuse') return void client.on('error', () => {}).destroy();
    const upstream = createConnection(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .setNoDelay(true)
        .on('error', () => {})
        .on('close', () => sockets.delete(socket));
    }
    join(client, upstream, state);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const proxyPort = typeof address === 'object' && address ? address.port : 0;
  return {
    through: (target) => Object.assign(new URL(target), { port: `${proxyPort}` }).href,
    be(weather) {
      state.weather = weather;
      if (weather === 'refuse') cut();
    },
    cut,
    cutNextCopyAfter(bytes) {
      state.copyBytes = bytes;
    },
    loseNextCommitAnswer(how) {
      state.lostAnswer = how;
    },
    happened: () => state.happened,
    stop() {
      cut();
      server.close();
    },
  };
}

function join(client: Socket, upstream: Socket, state: State): void {
  let isDead = false;
  const close = () => {
    client.destroy();
    upstream.destroy();
  };
  const relay = (to: Socket, look: (data: Buffer) => 'pass' | 'cut' | 'die') => {
    let last = Promise.resolve();
    return (data: Buffer) => {
      const verdict = look(data);
      isDead ||= state.weather === 'swallow' || verdict === 'die';
      if (verdict === 'cut') return close();
      if (isDead) return;
      const { weather } = state;
      // One after the other, so that they stay in order when the delay changes.
      last = last.then(async () => {
        if (typeof weather === 'object') await sleep(weather.delayMs);
        if (!isDead && !to.destroyed) to.write(data);
      });
    };
  };
  client
    .on(
      'data',
      relay(upstream, (data) => lookAtRequest(data, upstream, state)),
    )
    .on('close', () => upstream.destroy());
  upstream
    .on(
      'data',
      relay(client, (data) => lookAtAnswer(data, state)),
    )
    .on('close', () => client.destroy());
}

function lookAtRequest(data: Buffer, upstream: Socket, state: State): 'pass' | 'cut' {
  const start = state.copyBytes === null ? -1 : data.indexOf('PGCOPY');
  if (start < 0) return 'pass';
  upstream.write(data.subarray(0, start + Number(state.copyBytes)));
  state.copyBytes = null;
  state.happened++;
  return 'cut';
}

function lookAtAnswer(data: Buffer, state: State): 'pass' | 'cut' | 'die' {
  const { lostAnswer } = state;
  if (lostAnswer === null || !isCommit(data)) return 'pass';
  state.lostAnswer = null;
  state.happened++;
  return lostAnswer === 'cut' ? 'cut' : 'die';
}

/** `COPY 10`, no error, and the sign that the server is in no transaction any more: then it has committed. */
function isCommit(data: Buffer): boolean {
  const messages: string[] = [];
  for (let at = 0; at + 5 <= data.length; at += 1 + data.readInt32BE(at + 1)) {
    // A piece of something else than messages.
    if (data.readInt32BE(at + 1) < 4) return false;
    messages.push(data.toString('latin1', at, at + 1) + data.toString('latin1', at + 5, at + 10));
  }
  return messages.at(-1) === 'ZI' && messages.includes('CCOPY ') && !messages.some((message) => message[0] === 'E');
}
