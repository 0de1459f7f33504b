import { describe, expect, test } from 'vitest';
import { HELP, parseOptions } from '../../localstack/embedded/options.ts';
import { userFault } from '../support/user-fault.ts';

const DEFAULTS = { files: [], json: false, watch: false, fresh: false, data: '.login-etl', help: false };

const faultOf = (args: readonly string[]) => userFault(() => parseOptions(args));

test('without arguments the shipped events are run, and nothing is special', () => {
  expect(parseOptions([])).toEqual(DEFAULTS);
});

describe('the command line', () => {
  test.for([
    [['a.json', 'b.jsonl'], { files: ['a.json', 'b.jsonl'] }],
    [['-'], { files: ['-'] }],
    [['--json', 'a.json', '--fresh'], { json: true, fresh: true, files: ['a.json'] }],
    [['--watch'], { watch: true }],
    [['--data', 'elsewhere'], { data: 'elsewhere' }],
    [['--data=elsewhere', '-'], { data: 'elsewhere', files: ['-'] }],
    [['--help'], { help: true }],
    [['-h'], { help: true }],
    [['--', '--json'], { files: ['--json'] }],
  ] as const)('%j', ([args, expected]) => {
    expect(parseOptions(args)).toEqual({ ...DEFAULTS, ...expected });
  });
});

describe('a command line that makes no sense', () => {
  const wrong = [
    [['--jsno'], '--jsno'],
    [['-x'], '-x'],
    [['--data'], '--data'],
    [['--data', '--fresh'], '--data'],
    [['--watch=yes'], '--watch'],
    [['--no-json'], '--no-json'],
  ] as const;

  test.for(wrong)('%j is named', ([args, name]) => {
    expect(faultOf(args).message).toContain(`'${name}`);
  });

  test.for(wrong)('%j is one line that leads to the help, and exit code 2', ([args]) => {
    const fault = faultOf(args);
    expect(fault.message).toMatch(/^[^\n]+[^.]\. npm start -- --help lists the options\.$/);
    expect(fault.exitCode).toBe(2);
  });
});

test.for(Object.keys(DEFAULTS).filter((name) => name !== 'files'))('the help explains --%s', (name) => {
  expect(HELP).toMatch(new RegExp(`^  --${name} `, 'm'));
});

test('the help names no option that does not exist', () => {
  const names = [...HELP.matchAll(/^ {2}--(\w+)/gm)].map(([, name]) => name);
  expect(names.filter((name) => !((name as string) in DEFAULTS))).toEqual([]);
});
