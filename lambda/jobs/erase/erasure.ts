import type { ClientBase } from 'pg';
import { JobError } from '../../errors.ts';

/** Writers wait behind whoever waits for the lock, so nobody waits for it for long. */
const LOCK_TIMEOUT_MS = 20_000;
const LOCK_NOT_AVAILABLE = '55P03';
const ROTATION_IS_OPEN = 'LE002';

/**
 * Runs `work` in one transaction in which nobody writes, and after which writers no longer rely on what they remember as
 * sealed. The lock comes before that of any row: in the other order an erasure and a rotation wait for each other.
 *
 * @throws JobError where the key is being rotated
 */
export async function inErasure<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(`begin isolation level read committed; set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  try {
    await client.query('select begin_erasure()');
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    const { code } = error as { code?: unknown };
    if (code === ROTATION_IS_OPEN) throw rotationIsOpen();
    if (code !== LOCK_NOT_AVAILABLE) throw error;
    throw new JobError(
      'Another job holds the table for long, so nothing was erased in this step: run this again later.',
    );
  }
}

/** Asked first without a lock: behind that of a rotation all writers would wait. */
export async function requireNoRotation(client: ClientBase): Promise<void> {
  const { rowCount } = await client.query('select from mask_state where next_kid is not null');
  if (rowCount) throw rotationIsOpen();
}

function rotationIsOpen(): JobError {
  return new JobError(
    'The layer key is being rotated, and a value then has one of two pseudonyms: finish "npx login-etl rekey" first.',
  );
}

/** Of batches that no value is sealed in any more. A batch and its values are committed at once, so none is new. */
export async function deleteEmptyBatches(client: ClientBase, months: readonly string[]): Promise<void> {
  await client.query(
    `delete from vault_batches
     where month = any ($1::date[])
       and batch_id not in (select batch_id from vault where vault.month = vault_batches.month)`,
    [months],
  );
}
