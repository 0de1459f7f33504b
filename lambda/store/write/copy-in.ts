import { setImmediate } from 'node:timers/promises';
import type { ClientBase, Connection, Submittable } from 'pg';

/** Methods that pg's own types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** What pg calls on a query; its types tell only of `submit`. `callback` also ends pg's own timer for the query. */
interface CopyQuery extends Submittable {
  callback(error?: Error | null): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
  handleCopyInResponse(): void;
  handleCommandComplete(): void;
}

/** The data of one COPY, in chunks that are made one after the other. */
export type Payload = readonly (() => Buffer)[];

/**
 * Runs statements that end in several `copy ... from stdin` in one simple query, hence in one transaction and one round
 * trip: the data are sent behind the query without waiting to be asked, and a server that has refused the query drops
 * them (PostgreSQL manual, "COPY Operations" of the message flow). pg-copy-streams would take a transaction of four round
 * trips for two tables.
 *
 * @param statements of which only COPYs may want or give data
 * @param payloads of the COPYs, in their order; each chunk is made while the server works on those before it
 * @throws pg's error where the server refuses, whose text may quote a row; what a payload throws, and then nothing is
 *   written
 */
export function copyIn(client: ClientBase, statements: readonly string[], payloads: readonly Payload[]): Promise<void> {
  return new Promise((done, fail) => {
    let isOver = false;
    let ownError: unknown;
    const query: CopyQuery = {
      callback(error) {
        isOver = true;
        if (error) fail(ownError ?? error);
        else done();
      },
      submit(plain: Connection) {
        const connection = plain as CopyConnection;
        send(connection, statements, { payloads, isOver: () => isOver }).catch((error) => {
          // Otherwise the server would wait for the rest.
          ownError = error;
          connection.sendCopyFail('the client could not make the rest');
        });
      },
      handleError: (error) => query.callback(error),
      handleReadyForQuery: () => query.callback(),
      handleCopyInResponse() {},
      handleCommandComplete() {},
    };
    client.query(query);
  });
}

/**
 * Sends chunk by chunk, with a turn of the event loop between two of them, in which a refusal is heard. It ends the
 * sending: what came later would be taken for data of the next query.
 */
async function send(
  connection: CopyConnection,
  statements: readonly string[],
  { payloads, isOver }: { payloads: readonly Payload[]; isOver(): boolean },
): Promise<void> {
  const { stream } = connection;
  stream.cork();
  try {
    connection.query(statements.join(';\n'));
    for (const payload of payloads) {
      for (const [i, makeChunk] of payload.entries()) {
        if (i > 0) await setImmediate();
        if (isOver()) return;
        connection.sendCopyFromChunk(makeChunk());
        if (i === payload.length - 1) connection.endCopyFrom();
        stream.uncork();
        stream.cork();
      }
    }
  } finally {
    stream.uncork();
  }
}
