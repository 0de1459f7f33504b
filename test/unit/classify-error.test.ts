import { describe, expect, test } from 'vitest';
import { ConfigError, unequalKey } from '../../lambda/errors.ts';
import {
  classifyDatabaseError,
  isComingUp,
  isConnectionLost,
  isTimeout,
} from '../../lambda/store/connection/classify-error.ts';

/** As pg hands over what the server reported. */
function serverError(code: string): Error {
  return Object.assign(new Error('text of the server'), { severity: 'ERROR', code });
}

/** As Node reports a socket or a certificate. */
function systemError(code: string, error = new Error('text of the system')): Error {
  return Object.assign(error, { code });
}

describe('by SQLSTATE', () => {
  test.for([
    ['22001', 'string too long'],
    ['22003', 'number out of range'],
    ['22021', 'character not in the encoding'],
    ['22P05', 'character not translatable'],
    ['23502', 'not null'],
    ['23503', 'foreign key'],
    ['23505', 'unique'],
    ['23514', 'check'],
  ] as const)('%s (%s) is the fault of a row', ([code]) => {
    expect(classifyDatabaseError(serverError(code))).toEqual({ kind: 'data', code });
  });

  test.for(['vault', 'vault_batches'])('what refuses in %s, which no message fills, is an outage', (table) => {
    const error = Object.assign(serverError('23514'), { table });
    expect(classifyDatabaseError(error)).toEqual({ kind: 'outage', code: '23514' });
    expect(classifyDatabaseError(Object.assign(error, { table: 'user_logins' }))?.kind).toBe('data');
  });

  test.for([
    ['08006', 'connection failure'],
    ['08P01', 'protocol violation'],
    ['0A000', 'not supported'],
    ['25006', 'read-only server'],
    ['26000', 'no such prepared statement'],
    ['28000', 'invalid authorization'],
    ['28P01', 'invalid password'],
    ['3D000', 'no such database'],
    ['3F000', 'no such schema'],
    ['40001', 'serialization failure'],
    ['40P01', 'deadlock'],
    ['42501', 'missing grant'],
    ['42P01', 'no such table'],
    ['42703', 'no such column'],
    ['53100', 'disk full'],
    ['53200', 'out of memory'],
    ['53300', 'too many connections'],
    ['55P03', 'lock not available'],
    ['57014', 'statement timeout'],
    ['57P01', 'shutdown'],
    ['57P03', 'starting up'],
    ['58030', 'input or output'],
    ['XX000', 'internal error'],
  ] as const)('%s (%s) is an outage', ([code]) => {
    expect(classifyDatabaseError(serverError(code))).toEqual({ kind: 'outage', code });
  });

  test.for([
    ['P0001', 'raised by a trigger'],
    ['21000', 'cardinality'],
    ['54000', 'program limit'],
    ['ZZ999', 'of nobody'],
  ] as const)('%s (%s) does not tell', ([code]) => {
    expect(classifyDatabaseError(serverError(code))).toEqual({ kind: 'unknown', code });
  });
});

describe('the name of what refuses a row', () => {
  const nameOf = (fields: object) => classifyDatabaseError(Object.assign(serverError('23514'), fields))?.name;

  test('is that of the constraint, else of the column', () => {
    expect(nameOf({ file: 'execMain.c', constraint: 'user_logins_age_check' })).toBe('user_logins_age_check');
    expect(nameOf({ file: 'execMain.c', column: 'locale' })).toBe('locale');
    expect(nameOf({ file: 'nbtinsert.c', constraint: 'one_a_day', column: 'locale' })).toBe('one_a_day');
  });

  test.for([
    [{ constraint: 'canary' }],
    [{ file: 'pl_exec.c', constraint: 'canary' }],
    [{ file: 'execMain.c', constraint: 'no canary 7' }],
    [{ file: 'execMain.c', constraint: 'c'.repeat(64) }],
    [{ file: 'execMain.c', constraint: 7 }],
    [{ file: 'execMain.c' }],
  ])('is left out where it may be anything: %j', ([fields]) => {
    expect(nameOf(fields as object)).toBeUndefined();
  });
});

describe('the row at which a COPY stopped', () => {
  const whereIs = (where: unknown) => classifyDatabaseError(Object.assign(serverError('23514'), { where }))?.row;

  test.for([
    ['COPY user_logins, line 1', 0],
    ['COPY user_logins, line 10000, column masked_ip', 9_999],
    ['PL/pgSQL function refuse() line 4 at RAISE\nCOPY user_logins, line 7', 6],
    ['COPY ingest_ledger, line 7', undefined],
    ['SQL statement "insert into user_logins"', undefined],
    ['COPY user_logins, line 12345678901', undefined],
    [7, undefined],
    [undefined, undefined],
  ] as const)('%j is %j', ([where, row]) => {
    expect(whereIs(where)).toBe(row);
  });
});

describe('without SQLSTATE', () => {
  test.for(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'CERT_HAS_EXPIRED'])('%s is an outage', (code) => {
    expect(classifyDatabaseError(systemError(code))).toEqual({ kind: 'outage', code });
  });

  test('EPIPE is an outage, though it has the form of an SQLSTATE', () => {
    expect(classifyDatabaseError(systemError('EPIPE'))).toEqual({ kind: 'outage', code: 'EPIPE' });
  });

  test('all addresses of a host refused is an outage', () => {
    const error = systemError('ECONNREFUSED', new AggregateError([systemError('ECONNREFUSED')]));
    expect(classifyDatabaseError(error)).toEqual({ kind: 'outage', code: 'ECONNREFUSED' });
  });

  test.for(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect', 'Query read timeout'])(
    'an error of pg without a code is an outage: %s',
    (message) => {
      expect(classifyDatabaseError(new Error(message))).toEqual({ kind: 'outage', code: 'connection' });
    },
  );

  test('the code is never free text', () => {
    expect(classifyDatabaseError(systemError('Key (ip)=(192.0.2.17)'))).toEqual({ kind: 'outage', code: 'connection' });
  });

  test.for(['ECONNREFUSED 192.0.2.17', '192.0.2.17 ECONNREFUSED', ['ECONNREFUSED'], 5])(
    'nor is it %j, which has a code in it',
    (code) => {
      expect(classifyDatabaseError(systemError(code as string))).toEqual({ kind: 'outage', code: 'connection' });
    },
  );

  test.for(['22001 192.0.2.17', '192.0.2.17 22001', '220011', 22_001, ['22001']])(
    '%j from the server is no SQLSTATE, so it rejects no row',
    (code) => {
      expect(classifyDatabaseError(serverError(code as string))).toEqual({ kind: 'outage', code: 'connection' });
    },
  );
});

describe('faults of our own are not retried', () => {
  test.for([
    ['TypeError', new TypeError('x is not a function')],
    ['TypeError with a code', systemError('ERR_INVALID_ARG_TYPE', new TypeError('x'))],
    ['RangeError', new RangeError('Invalid time value')],
    ['SyntaxError', new SyntaxError('x')],
    ['KeyMismatchError', unequalKey('k1')],
    ['ConfigError', new ConfigError(['x'])],
    ['a text', 'ECONNREFUSED'],
    ['an object that is not an error', { severity: 'ERROR', code: '22001' }],
    ['null', null],
    ['undefined', undefined],
  ] as const)('%s', ([, error]) => {
    expect(classifyDatabaseError(error)).toBeNull();
    expect(isConnectionLost(error)).toBe(false);
  });
});

describe('a connection is lost', () => {
  test.for(['08000', '08006', '25006', '57014', '57P01', '57P02', '57P03'])('after %s', (code) => {
    expect(isConnectionLost(serverError(code))).toBe(true);
  });

  test('after an error of the network or of pg itself', () => {
    expect(isConnectionLost(systemError('ECONNRESET'))).toBe(true);
    expect(isConnectionLost(new Error('Connection terminated unexpectedly'))).toBe(true);
  });

  test.for(['22001', '23505', '25001', '40P01', '42P01', '53100', '57000', 'XX000'])('not after %s', (code) => {
    expect(isConnectionLost(serverError(code))).toBe(false);
  });
});

test('a statement that took too long is told from other losses', () => {
  expect(isTimeout(new Error('Query read timeout'))).toBe(true);
  expect(isTimeout(serverError('57014'))).toBe(true);
  expect(isTimeout(serverError('57P01'))).toBe(false);
  expect(isTimeout(new Error('Connection terminated unexpectedly'))).toBe(false);
  expect(isTimeout('Query read timeout')).toBe(false);
});

describe('waiting', () => {
  const plain = (text: string) => new Error(text);

  test.for([
    ['a server that is shutting down', serverError('57P01')],
    ['a server that has crashed', serverError('57P02')],
    ['a server that is starting up', serverError('57P03')],
    ['a pooler without a server', serverError('08P01')],
    ['a server that is read-only after a failover', serverError('25006')],
    ['a server with no connection left', serverError('53300')],
    ['nobody at the address', systemError('ECONNREFUSED', new AggregateError([]))],
    ['a connection that is reset', systemError('ECONNRESET')],
    ['a packet that nobody answers', systemError('ETIMEDOUT')],
    ['a name without an address', systemError('ENOTFOUND')],
    ['a name service that does not answer', systemError('EAI_AGAIN')],
    ['a server that says nothing', plain('timeout expired')],
    ['a server that hangs up', plain('Connection terminated unexpectedly')],
  ] as const)('may help against %s', ([, error]) => {
    expect(isComingUp(error)).toBe(true);
  });

  test.for([
    ['a refused password', serverError('28P01')],
    ['a refused login', serverError('28000')],
    ['a database that does not exist', serverError('3D000')],
    ['a dropped database', serverError('57P04')],
    ['a statement that took too long', serverError('57014')],
    ['a statement without an answer', plain('Query read timeout')],
    ['an error in SQL', serverError('42601')],
    ['an error of a migration', serverError('P0001')],
    ['a certificate that has expired', systemError('CERT_HAS_EXPIRED')],
    ['a certificate of another name', systemError('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['a server without TLS', plain('The server does not support SSL connections')],
    ['want of credentials', systemError('IAM_TOKEN')],
    ['an error of our own', new ConfigError(['x'])],
    ['what is not an error', 'ECONNREFUSED'],
  ] as const)('does not help against %s', ([, error]) => {
    expect(isComingUp(error)).toBe(false);
  });
});
