import { writeIsolating } from '../batch/isolate.ts';
import type { LoginRow } from '../batch/login-row.ts';
import type { RowOutcome } from '../batch/outcome.ts';
import { classifyDatabaseError } from './connection/classify-error.ts';
import { type ConnectionSettings, createConnection } from './connection/connection.ts';
import { insertRows } from './write/insert-rows.ts';

export interface Store {
  /**
   * An outcome per row, in their order; a database out of reach gives `retry`, not a throw, and so does a deadline.
   *
   * @param deadline on the clock of `performance.now`
   * @throws KeyMismatchError when the database was written with another key
   */
  write(rows: readonly LoginRow[], deadline?: number): Promise<RowOutcome[]>;
  close(): Promise<void>;
}

export function createStore(settings: ConnectionSettings): Store {
  const connection = createConnection(settings);
  return {
    write: (rows, deadline) =>
      writeIsolating(rows, {
        insert: (chunk) => connection.run((client) => insertRows(client, chunk), deadline),
        classify: classifyDatabaseError,
      }),
    close: () => connection.close(),
  };
}
