import type { ClientBase } from 'pg';
import type { InsertOutcome } from '../../batch/outcome.ts';
import type { PendingRows } from '../../batch/pending-rows.ts';
import type { MaskingState } from '../../masking/masking-state.ts';
import { insertRows } from './insert-rows.ts';
import { isStateChange, maskGuard, readMaskingState } from './mask-guard.ts';
import type { Vault } from './vault.ts';

/** A rotation moves the frontier every few seconds at most. */
const TRIES = 5;

export type GuardedWrite = (client: ClientBase, rows: PendingRows) => Promise<InsertOutcome[]>;

/**
 * Writes rows that are masked under the state that the database has at that moment. Where the state changes in between
 * they are masked again and written again, before the batch is split for what is nobody's fault.
 *
 * @param kids of the layer keys there are, the one in use first
 * @param first statements that run first in the transaction that writes
 * @param vault null: values are not sealed
 * @returns throws KeyMismatchError, and pg's error: LE001 after five tries
 */
export function createGuardedWrite(
  kids: readonly string[],
  first: readonly string[],
  vault: Vault | null = null,
): GuardedWrite {
  let state: MaskingState | null = null;
  return async (client, rows) => {
    for (let tries = 1; ; tries++) {
      state ??= await readMaskingState(client, kids);
      try {
        return await insertRows(client, rows, { first: [...maskGuard(state), ...first], state, vault });
      } catch (error) {
        if (!isStateChange(error)) throw error;
        state = null;
        if (tries === TRIES) throw error;
      }
    }
  };
}
