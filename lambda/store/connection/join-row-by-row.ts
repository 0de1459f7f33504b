import type { ClientBase } from 'pg';

/** For the session. Chunks are updated by the places of their rows, and another join would read the whole table for each. */
export async function joinRowByRow(client: ClientBase): Promise<void> {
  await client.query('set enable_hashjoin = off; set enable_mergejoin = off');
}
