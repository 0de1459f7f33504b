import type { ClassifiedError } from '../batch/classified-error.ts';
import type { InsertOutcome } from '../batch/outcome.ts';
import type { PendingRows } from '../batch/pending-rows.ts';
import { classifyDatabaseError } from './connection/classify-error.ts';
import { type ConnectionSettings, createConnection, TIMEOUTS } from './connection/connection.ts';
import { limitStatements } from './connection/session.ts';
import { createVault, type VaultKey } from './write/vault.ts';
import { createGuardedWrite } from './write/write-guarded.ts';

export interface Store {
  /**
   * All the rows or none.
   *
   * @param deadline on the clock of `performance.now`
   * @returns an outcome per row, in their order
   * @throws KeyMismatchError when the database was written with another key, and what `classify` knows
   */
  insert(rows: PendingRows, deadline?: number): Promise<InsertOutcome[]>;
  /** null: not an error of the database or of the way to it. */
  classify(error: unknown): ClassifiedError | null;
  close(): Promise<void>;
}

export interface StoreSettings extends ConnectionSettings {
  /** Ids of the layer keys, the one in use first. */
  kids: readonly string[];
  /** null: values are not sealed, and cannot be recovered. */
  vaultKey?: VaultKey | null;
}

export function createStore(settings: StoreSettings): Store {
  const connection = createConnection(settings);
  const write = createGuardedWrite(
    settings.kids,
    [limitStatements(settings.timeouts?.statementMs ?? TIMEOUTS.statementMs)],
    settings.vaultKey ? createVault(settings.vaultKey) : null,
  );
  return {
    insert: (rows, deadline) => connection.run((client) => write(client, rows), deadline),
    classify: classifyDatabaseError,
    close: () => connection.close(),
  };
}
