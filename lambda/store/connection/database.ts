import { Socket } from 'node:net';
import type pg from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { ConfigError } from '../../errors.ts';
import { ENV } from '../../settings/environment.ts';

/** How to reach a database and log in to it, as pg takes it. */
export type DatabaseConfig = pg.ClientConfig;

export type DatabaseUrl = ReturnType<typeof parse>;

/** Reads the parts and parameters of a `postgres://` URL, and the files that some of them name. */
export function parseDatabaseUrl(url: string): { ok: true; parts: DatabaseUrl } | { ok: false; problem: string } {
  if (!/^postgres(ql)?:/i.test(url)) return { ok: false, problem: 'is not a postgres:// URL' };
  if (isBroken(url)) {
    return {
      ok: false,
      problem: 'has a # / ? or @ in the wrong place; in a password they must be percent-encoded: %23 %2F %3F %40',
    };
  }
  try {
    return { ok: true, parts: parse(url) };
  } catch (error) {
    const isOfFile = error instanceof Error && 'syscall' in error;
    return {
      ok: false,
      problem: isOfFile
        ? 'names a file in sslrootcert, sslcert or sslkey that cannot be read'
        : 'is not a postgres:// URL',
    };
  }
}

/**
 * Whether a character of the password ends a part of the URL too early. Some such URLs can be read, and then name a host
 * that is a piece of the user or the password: "postgres://user:1#2@host/db" is port 1 of a host "user".
 */
function isBroken(url: string): boolean {
  const [, path = '', query = ''] = /^[^:]*:\/\/[^/?]*([^?]*)\??(.*)$/s.exec(url) ?? [];
  const names = query.split('&').map((parameter) => parameter.split('=')[0] ?? '');
  return url.includes('#') || [path, ...names].some((part) => part.includes('@'));
}

/**
 * @param database or its URL, as in DATABASE_URL
 * @throws ConfigError where the URL cannot be read
 */
export function toDatabaseConfig(database: string | DatabaseConfig): DatabaseConfig {
  if (typeof database !== 'string') return database;
  const parsed = parseDatabaseUrl(database);
  if (!parsed.ok) throw new ConfigError([`${ENV.databaseUrl} ${parsed.problem}.`]);
  return { connectionString: database };
}

/** The database of `url`, with a password that is asked for at each new connection. */
export function withPassword(url: DatabaseUrl, password: () => Promise<string>): DatabaseConfig {
  let socket: Socket;
  return {
    // No connectionString: pg would take the password from that, even where it has none.
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
