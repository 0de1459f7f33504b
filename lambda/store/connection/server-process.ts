import type { ClientBase } from 'pg';

/** The process of the server that runs this client's transaction. */
export async function serverProcess(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/**
 * The process that the client was told of when it connected: the same one, unless a connection pooler stands in between,
 * which tells a number of its own.
 */
export function toldProcess(client: ClientBase): number | null {
  // pg's types leave it out.
  return (client as ClientBase & { processID: number | null }).processID;
}
