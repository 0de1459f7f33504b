import type { ClassifiedError } from '../../batch/classified-error.ts';

/** Keyed by SQLSTATE class, the first two characters (PostgreSQL manual, appendix A). */
const BY_CLASS: Readonly<Record<string, ClassifiedError['kind']>> = {
  '08': 'outage', // connection exception
  '0A': 'outage', // feature not supported: of a server or a pooler that is not the one we expect
  '22': 'data', // data exception: a value does not fit its column
  '23': 'data', // integrity constraint violation
  '25': 'outage', // invalid transaction state; 25006 is a read-only server, as after a failover
  '26': 'outage', // invalid SQL statement name: a pooler has given the session another server connection
  '28': 'outage', // invalid authorization: wrong or expired login, not the rows' fault
  '3D': 'outage', // the database does not exist (yet)
  '3F': 'outage', // the schema does not exist (yet)
  '40': 'outage', // transaction rollback: deadlock, serialization failure
  '42': 'outage', // undefined table or column, missing grant: the migration has yet to run
  '53': 'outage', // insufficient resources: disk full, out of memory, too many connections
  '55': 'outage', // object not in prerequisite state, as a lock that was not available
  '57': 'outage', // operator intervention: shutdown, crash recovery, statement timeout
  '58': 'outage', // system error, as 58030 on input or output
  LE: 'outage', // ours: the masking state goes on changing, or a rotation is open that this function lacks the key for
  XX: 'outage', // internal error
};

const SQLSTATE = /^[0-9A-Z]{5}$/;
/** ECONNREFUSED, ETIMEDOUT, ENOTFOUND, and OpenSSL's certificate codes such as CERT_HAS_EXPIRED. */
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]+$/;

/**
 * @returns null for anything but an error of the database or of the way to it: a bug of ours, which is not retried
 */
export function classifyDatabaseError(error: unknown): ClassifiedError | null {
  const code = sqlstate(error);
  if (code !== null && isOfVault(error)) return { kind: 'outage', code };
  if (code !== null) return { kind: BY_CLASS[code.slice(0, 2)] ?? 'unknown', code, ...nameIn(error), ...rowOf(error) };
  return isNetworkError(error) ? { kind: 'outage', code: systemCode(error) ?? 'connection' } : null;
}

/**
 * Where in its source the server takes names from the catalog: checks and NOT NULL, unique and exclusion constraints,
 * foreign keys. A trigger that raises an error can set the same fields to anything, a value of the row included.
 */
const NAMES_FROM_CATALOG = ['execMain.c', 'nbtinsert.c', 'execIndexing.c', 'ri_triggers.c'];
const NAME = /^[\w$]{1,63}$/;

function nameIn(error: unknown): { name?: string } {
  const { file, constraint, column } = error as Record<'file' | 'constraint' | 'column', unknown>;
  const name = constraint ?? column;
  // Stryker disable next-line ConditionalExpression: for the types alone
  const isKnown = typeof file === 'string' && NAMES_FROM_CATALOG.includes(file);
  return isKnown && typeof name === 'string' && NAME.test(name) ? { name } : {};
}

/** A constraint of the vault refuses what we write there, never a row that somebody sent. */
function isOfVault(error: unknown): boolean {
  return ['vault', 'vault_batches'].includes(`${(error as { table?: unknown }).table}`);
}

/** PostgreSQL counts the lines of a COPY, in its binary form too. What else stands there may be data. */
const LINE = /^COPY user_logins, line (\d{1,9})\b/m;

function rowOf(error: unknown): { row?: number } {
  const { where } = error as { where?: unknown };
  // Stryker disable next-line ConditionalExpression: for the types alone
  const line = typeof where === 'string' ? LINE.exec(where)?.[1] : undefined;
  return line === undefined ? {} : { row: Number(line) - 1 };
}

/** After these the next statement needs another connection, by how their SQLSTATE begins. */
const CONNECTION_LOST = [
  '08', // connection exception
  '57P', // the server is shutting down, has crashed, or is not up yet
  '25006', // a read-only server: after a failover it is no longer the writer, and the name stands for another one
  '57014', // the statement took too long, as behind a connection that died unnoticed; the next one ends that
];

/** Whether the connection is of no more use, however the database may be. */
export function isConnectionLost(error: unknown): boolean {
  const code = sqlstate(error);
  return code === null ? isNetworkError(error) : CONNECTION_LOST.some((start) => code.startsWith(start));
}

/** What a server says, by how the SQLSTATE begins, that will be there in a moment; 08P01 is a pooler without a server. */
const COMING_UP = ['08', '53300', '57P01', '57P02', '57P03', '25006'];
const COMING_UP_ON_THE_WAY = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND', // no address yet, as of a cluster that is being made
  'EAI_AGAIN',
];
/** Those of pg's own errors that mean no answer, or half of one. */
const NO_ANSWER = /^(timeout expired|Connection terminated)/;

/** Whether waiting may help: the server is waking, restarting, failing over, or its name has no address yet. */
export function isComingUp(error: unknown): boolean {
  const code = sqlstate(error);
  if (code !== null) return COMING_UP.some((start) => code.startsWith(start));
  if (!isNetworkError(error)) return false;
  const system = systemCode(error);
  return system === null ? NO_ANSWER.test(error.message) : COMING_UP_ON_THE_WAY.includes(system);
}

/** The server gave up, or pg, whose error for it has no code; whether the server did the work is then not known. */
export function isTimeout(error: unknown): boolean {
  return sqlstate(error) === '57014' || (error instanceof Error && error.message === 'Query read timeout');
}

/** Errors that the server reported have a severity; nothing else has. */
function sqlstate(error: unknown): string | null {
  if (!(error instanceof Error && 'severity' in error && 'code' in error)) return null;
  return typeof error.code === 'string' && SQLSTATE.test(error.code) ? error.code : null;
}

/** pg's own errors (connection ended, no answer in time) are plain Errors without a code. */
function isNetworkError(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  return systemCode(error) !== null || error.constructor === Error;
}

function systemCode(error: Error): string | null {
  const code = 'code' in error ? error.code : null;
  return typeof code === 'string' && SYSTEM_CODE.test(code) ? code : null;
}
