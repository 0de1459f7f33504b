import type { ClientBase, Connection, Submittable } from 'pg';

/** Methods that pg's own types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** What pg calls on a query; its types tell only of `submit`. `callback` also ends pg's own timer for the query. */
interface CopyQuery extends Submittable {
  callback(error?: Error | null): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
  handleCopyInResponse(): void;
  handleCommandComplete(): void;
}

/**
 * Runs statements that end in several `copy ... from stdin` in one simple query, hence in one transaction and one round trip: the data are sent
 * behind the query without waiting to be asked, and a server that has refused the query drops them (PostgreSQL manual,
 * "COPY Operations" of the message flow). pg-copy-streams would take a transaction of four round trips for two tables.
 *
 * @param statements of which only COPYs may want or give data
 * @param payloads of the COPYs, in their order; each is made while the server works on the one before
 * @throws pg's error where the server refuses; its text may quote a row
 */
export function copyIn(
  client: ClientBase,
  statements: readonly string[],
  payloads: readonly (() => Buffer)[],
): Promise<void> {
  return new Promise((done, fail) => {
    const query: CopyQuery = {
      callback: (error) => (error ? fail(error) : done()),
      submit(plain: Connection) {
        const connection = plain as CopyConnection;
        connection.stream.cork();
        connection.query(statements.join(';\n'));
        for (const payload of payloads) {
          connection.sendCopyFromChunk(payload());
          connection.endCopyFrom();
          connection.stream.uncork();
          connection.stream.cork();
        }
        connection.stream.uncork();
      },
      handleError: (error) => query.callback(error),
      handleReadyForQuery: () => query.callback(),
      handleCopyInResponse() {},
      handleCommandComplete() {},
    };
    client.query(query);
  });
}
