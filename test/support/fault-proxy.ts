import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { COPY_SIGNATURE, copyDataStart, hasMessages, isCommitOfCopy } from './wire.ts';

/**
 * `swallow`: nothing arrives any more and nobody is told, as behind a firewall that has forgotten the connection, which
 * stays dead afterwards. `refuse`: every connection, old and new, is closed at once. `delayMs`: of each piece of data.
 */
export type LinkMode = 'normal' | 'swallow' | 'refuse' | { delayMs: number };

export interface FaultProxy {
  /** The URL, through the proxy. */
  through(url: string): string;
  setMode(mode: LinkMode): void;
  /** Closes every connection. */
  cut(): void;
  /** Lets this many bytes of the next COPY's data pass, and then closes the connection. */
  cutNextCopyAfter(bytes: number): void;
  /** The client is cut off between the data of the next two COPYs, and the server is not told. */
  abandonAtSecondCopy(): void;
  /** The answer to the next commit of a COPY does not arrive: the connection is closed, or stays open and dead. */
  loseNextCommitAnswer(how: 'cut' | 'swallow'): void;
  /** The answer to a receive that brings messages does not arrive: the connection is closed. */
  loseNextMessages(): void;
  /** How often any of this has met a connection; a delay counts for each piece of data. */
  happened(): number;
  /** How many connections were made. */
  connections(): number;
  /** How many clients are connected. */
  open(): number;
  stop(): void;
}

interface State {
  mode: LinkMode;
  copyBytes: number | null;
  /** COPYs whose data have yet to begin until the client is cut off. */
  copiesLeft: number | null;
  lostAnswer: { isIt(data: Buffer): boolean; verdict: 'cut' | 'die' } | null;
  happened: number;
}

/** Stands between a client and the server of `url`. */
export async function startFaultProxy(url: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let connections = 0;
  const state: State = { mode: 'normal', copyBytes: null, copiesLeft: null, lostAnswer: null, happened: 0 };
  const cut = () => {
    state.happened += sockets.size;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((client) => {
    connections++;
    clients.add(client);
    client.on('close', () => clients.delete(client));
    if (state.mode === 'refuse') return void client.on('error', () => {}).destroy();
    const upstream = createConnection(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    join(client, upstream, state);
  });
  const proxyPort = await listen(server);
  return {
    through: (target) => Object.assign(new URL(target), { port: proxyPort }).href,
    setMode(mode) {
      state.mode = mode;
      if (mode === 'refuse') cut();
    },
    cut,
    cutNextCopyAfter(bytes) {
      state.copyBytes = bytes;
    },
    abandonAtSecondCopy() {
      state.copiesLeft = 2;
    },
    loseNextCommitAnswer(how) {
      state.lostAnswer = { isIt: isCommitOfCopy, verdict: how === 'cut' ? 'cut' : 'die' };
    },
    loseNextMessages() {
      state.lostAnswer = { isIt: hasMessages, verdict: 'cut' };
    },
    happened: () => state.happened,
    connections: () => connections,
    open: () => clients.size,
    stop() {
      cut();
      server.close();
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `${(server.address() as AddressInfo).port}`;
}

type Verdict = 'pass' | 'cut' | 'die' | 'abandon';

function join(client: Socket, upstream: Socket, state: State): void {
  let isDead = false;
  let isAbandoned = false;
  const relay = (from: Socket, to: Socket, verdictOn: (data: Buffer) => Verdict) => {
    let last = Promise.resolve();
    from
      .setNoDelay(true)
      .on('error', () => {})
      .on('close', () => isAbandoned || to.destroy())
      .on('data', (data) => {
        const verdict = verdictOn(data);
        isDead ||= state.mode === 'swallow' || verdict === 'die';
        isAbandoned ||= verdict === 'abandon';
        if (verdict === 'cut' || isAbandoned) return void client.destroy();
        if (isDead) return;
        const { mode } = state;
        // One after the other, so that they stay in order when the delay changes.
        last = last.then(async () => {
          if (typeof mode === 'object') {
            state.happened++;
            await sleep(mode.delayMs);
          }
          if (!isDead && !to.destroyed) to.write(data);
        });
      });
  };
  relay(client, upstream, (data) => lookAtRequest(data, upstream, state));
  relay(upstream, client, (data) => lookAtAnswer(data, state));
}

function lookAtRequest(data: Buffer, upstream: Socket, state: State): Verdict {
  if (state.copiesLeft !== null) return lookForSecondCopy(data, upstream, state);
  const start = state.copyBytes === null ? -1 : copyDataStart(data);
  if (start < 0) return 'pass';
  upstream.write(data.subarray(0, start + Number(state.copyBytes)));
  state.copyBytes = null;
  state.happened++;
  return 'cut';
}

function lookForSecondCopy(data: Buffer, upstream: Socket, state: State): Verdict {
  for (let at = data.indexOf(COPY_SIGNATURE); at >= 0; at = data.indexOf(COPY_SIGNATURE, at + 1)) {
    state.copiesLeft = (state.copiesLeft ?? 0) - 1;
    if (state.copiesLeft > 0) continue;
    upstream.write(data.subarray(0, at));
    state.copiesLeft = null;
    state.happened++;
    return 'abandon';
  }
  return 'pass';
}

function lookAtAnswer(data: Buffer, state: State): Verdict {
  const { lostAnswer } = state;
  if (!lostAnswer?.isIt(data)) return 'pass';
  state.lostAnswer = null;
  state.happened++;
  return lostAnswer.verdict;
}
