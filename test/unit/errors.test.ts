import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  errorName,
  JobError,
  MalformedEventError,
  safeError,
  UnexpectedError,
  unequalKey,
} from '../../lambda/errors.ts';

const SECRET = '593-47-5928';

function failInNamedPlace(): Error {
  return new TypeError(`cannot read "${SECRET}"`);
}

describe('an error of our own', () => {
  test.for([
    new ConfigError(['MASK_KEY is missing.']),
    unequalKey('k1'),
    new MalformedEventError('The event has no Records.'),
    new JobError('The database was not migrated.'),
    new UnexpectedError('x'),
  ])('%s is safe as it is', (error) => {
    expect(safeError(error)).toBe(error);
  });

  test('has the name of its class', () => {
    const errors = [
      new ConfigError([]),
      unequalKey('k1'),
      new MalformedEventError('x'),
      new JobError('x'),
      new UnexpectedError(1),
    ];
    expect(errors.map(({ name }) => name)).toEqual(errors.map((error) => error.constructor.name));
  });

  test('names the key id that disagrees', () => {
    expect(unequalKey('k7').message).toContain('"k7"');
  });

  test('lists every problem of the settings', () => {
    const error = new ConfigError(['A is missing.', 'B is wrong.']);
    expect(error.problems).toEqual(['A is missing.', 'B is wrong.']);
    expect(error.message).toContain('A is missing. B is wrong.');
  });
});

describe('a foreign error', () => {
  const fault = failInNamedPlace();
  const safe = safeError(fault);

  test('is replaced by one that tells only its kind', () => {
    expect(safe).toBeInstanceOf(UnexpectedError);
    expect(safe.message).toBe('An unexpected TypeError stopped the function.');
  });

  test('keeps its stack frames, so that the place is found', () => {
    expect(safe.stack).toContain('failInNamedPlace');
    expect(safe.stack?.split('\n').slice(1)).toEqual(fault.stack?.split('\n').slice(1));
  });

  test('starts its stack with the safe message', () => {
    expect(safe.stack?.split('\n')[0]).toBe(`UnexpectedError: ${safe.message}`);
  });

  test.for([
    ['its message', failInNamedPlace()],
    ['a message of many lines', new Error(`first\n${SECRET}\n  ${SECRET}`)],
    ['a message that looks like a stack', new Error(`x\n    at ${SECRET} (node:fs:1:2)`)],
    ['its name', Object.assign(new Error('x'), { name: SECRET })],
    ['its cause', new Error('x', { cause: new Error(SECRET) })],
    ['what pg adds to it', Object.assign(new Error('x'), { detail: SECRET, where: SECRET, parameters: [SECRET] })],
    ['the errors in it', new AggregateError([new Error(SECRET)], SECRET)],
    ['the text thrown in its place', SECRET],
    ['the object thrown in its place', { message: SECRET, stack: `Error\n    at ${SECRET}` }],
  ] as const)('is stripped of %s', ([, thrown]) => {
    const error = safeError(thrown);
    expect(error).toBeInstanceOf(UnexpectedError);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
    expect(`${error} ${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET);
  });

  test.for([undefined, null, 0, '', {}, Symbol('x')])('%s can be thrown too', (thrown) => {
    expect(safeError(thrown).message).toBe(`An unexpected ${typeof thrown} stopped the function.`);
  });

  test('may have lost its stack', () => {
    const bare = new Error(SECRET);
    delete bare.stack;
    expect(safeError(bare).stack).toBe('UnexpectedError: An unexpected Error stopped the function.');
  });
});

describe('the name of a fault', () => {
  const named = (name: string) => Object.assign(new Error('x'), { name });
  const coded = (code: unknown, error = new Error('x')) => Object.assign(error, { code });

  test.for([
    ['its own', named('AccessDeniedException'), 'AccessDeniedException'],
    ['its own, whatever its code', coded('ETIMEDOUT', named('TimeoutError')), 'TimeoutError'],
    ['its code, where it is only an Error', coded('ECONNREFUSED'), 'ECONNREFUSED'],
    ['its code, where it is only several', coded('ECONNREFUSED', new AggregateError([])), 'ECONNREFUSED'],
    ['Error, where it has neither', new Error('x'), 'Error'],
    ['Error, where the code is a text', coded(SECRET), 'Error'],
    ['Error, where the code is none', coded(5), 'Error'],
    ['Error, where the name is a text', named(SECRET), 'Error'],
    ['Error, where the name has no end', named('A'.repeat(65)), 'Error'],
    ['its type, where it is not an error', 'AccessDeniedException', 'string'],
  ] as const)('is %s', ([, fault, name]) => {
    expect(errorName(fault)).toBe(name);
  });
});
