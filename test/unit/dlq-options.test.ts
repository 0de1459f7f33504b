import { describe, expect, test } from 'vitest';
import { HELP } from '../../tools/dlq/help.ts';
import { parseOptions } from '../../tools/dlq/options.ts';
import { userFault } from '../support/user-fault.ts';

const NOTHING = { id: '', json: false, 'try-insert': false, limit: Number.POSITIVE_INFINITY };

const faultOf = (args: readonly string[]) => userFault(() => parseOptions(args));

describe('the command line', () => {
  test.for([
    [['list'], { command: 'list', ...NOTHING }],
    [['list', '--reason', 'missing ip', '--limit', '7', '--json'], { reason: 'missing ip', limit: 7, json: true }],
    [['show', 'an-id'], { command: 'show', id: 'an-id', raw: false }],
    [['show', '--raw', '--out', 'file', 'an-id', '--yes'], { id: 'an-id', raw: true, out: 'file', yes: true }],
    [['redrive'], { command: 'redrive', force: false, 'as-new': false, 'dry-run': false, rate: Infinity }],
    [['redrive', '--force', '--as-new', '--dry-run', '--rate=9'], { force: true, 'as-new': true, rate: 9 }],
    [['redrive', '--to', 'http://q', '--try-insert'], { to: 'http://q', 'try-insert': true }],
    [['purge', '--all'], { command: 'purge', all: true, yes: false }],
    [['purge', '--reason', 'not_json', '--stage', 'prod'], { all: false, reason: 'not_json', stage: 'prod' }],
  ] as const)('%j', ([args, expected]) => {
    expect(parseOptions(args)).toMatchObject(expected);
  });
});

describe('a command line that makes no sense is one sentence, with exit code 2', () => {
  test.for([
    [[], 'Which command'],
    [['lst'], 'Which command'],
    [['constructor'], 'Which command'],
    [['--json', 'list'], 'Which command'],
    [['list', '--jsno'], '--jsno'],
    [['list', '--force'], '"list" has no option --force'],
    [['list', '--yes'], '--yes'],
    [['purge', '--all', '--limit', '3'], '--limit'],
    [['list', 'an-id'], '"list" takes no id'],
    [['list', '--limit', '0'], '--limit needs'],
    [['list', '--limit', '-1'], '--limit'],
    [['list', '--limit', '1.5'], '--limit needs'],
    [['redrive', '--rate', 'fast'], '--rate needs'],
    [['show'], 'Which message'],
    [['show', 'one', 'two'], 'Which message'],
    [['show', 'one', '--raw'], 'need each other'],
    [['show', 'one', '--out', 'file'], 'need each other'],
    [['purge'], 'What to purge'],
    [['purge', '--all', '--reason', 'not_json'], 'What to purge'],
    [['list', '--reason'], '--reason'],
  ] as const)('%j', ([args, part]) => {
    const { message, exitCode } = faultOf(args);
    expect(message).toContain(part);
    expect(message).toContain('--help');
    expect(message).not.toContain('\n');
    expect(exitCode).toBe(2);
  });
});

describe('--help', () => {
  test('of all commands, and of each', () => {
    expect(parseOptions(['--help'])).toEqual({ helpText: HELP.all });
    expect(parseOptions(['-h'])).toEqual({ helpText: HELP.all });
    for (const name of ['list', 'show', 'redrive', 'purge'] as const) {
      expect(parseOptions([name, '--help'])).toEqual({ helpText: HELP[name] });
    }
  });

  test('tells every option that there is, and no other', () => {
    for (const name of ['list', 'show', 'redrive', 'purge'] as const) {
      const base = name === 'show' ? ['show', 'id'] : [name];
      const options = [...HELP[name].matchAll(/^ {2}(--[a-z-]+)( [A-Z_]+)?/gm)].map(([, option, value]) => [
        option,
        value,
      ]);
      expect(options.length).toBeGreaterThan(6);
      for (const [option = '', value] of options) {
        const reason = accepts([...base, option, ...(value ? ['1'] : [])]);
        expect(reason, `${name} ${option}`).not.toMatch(/has no option|Unknown option|argument/);
      }
      const known = options.map(([option]) => option);
      for (const option of ['--reason', '--limit', '--rate', '--force', '--to', '--raw', '--yes', '--all']) {
        const value = ['--reason', '--limit', '--rate', '--to'].includes(option) ? ['1'] : [];
        const isKnown = !/has no option/.test(accepts([...base, option, ...value]));
        expect(known.includes(option), `${name} ${option}`).toBe(isKnown);
      }
    }
  });

  test('fits a terminal', () => {
    for (const text of Object.values(HELP)) {
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    }
  });
});

/** @returns the sentence, or nothing */
function accepts(args: readonly string[]): string {
  try {
    parseOptions(args);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
