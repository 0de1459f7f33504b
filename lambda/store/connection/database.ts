import { Socket } from 'node:net';
import type pg from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';

/** How to reach a database and log in to it, as pg takes it. */
export type Database = pg.ClientConfig;

export type DatabaseUrl = ReturnType<typeof parse>;

/** Reads the parts and parameters of a `postgres://` URL, and the files that some of them name. */
export function parseDatabaseUrl(url: string): { ok: true; parts: DatabaseUrl } | { ok: false; problem: string } {
  if (!/^postgres(ql)?:/i.test(url)) return { ok: false, problem: 'is no postgres:// URL' };
  try {
    return { ok: true, parts: parse(url) };
  } catch (error) {
    const isOfFile = error instanceof Error && 'syscall' in error;
    return {
      ok: false,
      problem: isOfFile
        ? 'names a file in sslrootcert, sslcert or sslkey that cannot be read'
        : 'is no postgres:// URL',
    };
  }
}

/** The database of `url`, with a password that is asked for at each new connection. */
export function withPassword(url: DatabaseUrl, password: () => Promise<string>): Database {
  let socket: Socket;
  return {
    // No connectionString: pg would take the password from that, and be it none.
    ...toClientConfig(url),
    stream() {
      socket = new Socket();
      return socket;
    },
    async password() {
      try {
        return await password();
      } catch (error) {
        // pg would leave the connection open, and the server would wait a minute for the password.
        socket.destroy();
        throw error;
      }
    },
  };
}
