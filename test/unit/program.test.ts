import { describe, expect, test } from 'vitest';
import { PROGRAM } from '../../tools/program/commands.ts';
import { runLoginEtl } from '../support/program.ts';

const COMMANDS = Object.values(PROGRAM.groups).flatMap((group) => Object.keys(group));
/** Commander asks for these first. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  pseudonym: ['--field', 'ip'],
  rekey: ['--to', 'k2'],
  'vault new-key': ['--out', '/nowhere'],
  recover: ['--field', 'ip', '--reason', 'because', '--out', '/nowhere/out'],
  deploy: ['--stage', 'dev'],
  destroy: ['--stage', 'localstack'],
  synth: ['--stage', 'dev'],
};
/** Which have commands of their own. */
const GROUPS = ['dlq', 'vault'];
/** Each as it is typed, those of a group included. */
const LINES = [...COMMANDS, 'dlq list', 'dlq show', 'dlq redrive', 'dlq purge', 'vault new-key'];

describe('without a command', () => {
  test('all are shown, in their groups', async () => {
    const { exitCode, stdout, stderr } = await runLoginEtl([]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const [heading, commands] of Object.entries(PROGRAM.groups)) {
      const [, part = ''] = stdout.split(`\n${heading}:\n`);
      const [listed = ''] = part.split('\n\n');
      for (const [name, { summary }] of Object.entries(commands)) {
        expect(listed).toMatch(new RegExp(`^ {2}${name} `, 'm'));
        expect(listed.replace(/\s+/g, ' ')).toContain(summary);
      }
    }
  });

  test('--help says the same', async () => {
    expect(await runLoginEtl(['--help'])).toEqual(await runLoginEtl([]));
  });

  test('a group alone shows its own commands, and is wrong usage', async () => {
    const { exitCode, stdout, stderr } = await runLoginEtl(['dlq']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^ {2}redrive /m);
  });
});

describe.each(LINES)('%s', (line) => {
  const args = line.split(' ');

  test('--help fits 80 columns, tells of --json where there is an answer, and of nothing by "default: false"', async () => {
    const { exitCode, stdout } = await runLoginEtl([...args, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: npx login-etl ${line} `));
    expect(stdout.split('\n').filter((text) => text.length > 80)).toEqual([]);
    if (!GROUPS.includes(line)) expect(stdout).toMatch(/^ {2}--json /m);
    expect(stdout).not.toContain('default: false');
  });

  test('help says the same', async () => {
    if (args.length > 1) return;
    expect(await runLoginEtl(['help', ...args])).toEqual(await runLoginEtl([...args, '--help']));
  });

  test('an option that does not exist is one sentence, and exit code 2', async () => {
    const { exitCode, stdout, stderr } = await runLoginEtl([...args, ...(REQUIRED[line] ?? []), '--hepl']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Unknown option '--hepl' \(Did you mean --help\?\)\. See "npx login-etl [a-z -]+ --help"\.\n$/,
    );
  });
});

describe('a command line that makes no sense is one line, and exit code 2', () => {
  test.for([
    ['strat', "Unknown command 'strat' (Did you mean start?)"],
    ['constructor', "Unknown command 'constructor'"],
    ['--json dlq list', "Unknown option '--json'"],
    ['dlq lst', "Unknown command 'lst' (Did you mean list?)"],
    ['dlq list --force', "Unknown option '--force'"],
    ['dlq list --yes', "'--yes'"],
    ['dlq purge --all --limit 3', "'--limit'"],
    ['dlq list an-id', 'Too many arguments'],
    ['dlq list --limit 0', 'whole number, 1 or more'],
    ['dlq list --limit -1', 'whole number, 1 or more'],
    ['dlq list --limit 1.5', 'whole number, 1 or more'],
    ['dlq redrive --rate fast', 'whole number, 1 or more'],
    ['dlq redrive --to here', '--to needs the URL of a queue'],
    ['dlq show', "Missing required argument 'ID'"],
    ['dlq show one two', 'Too many arguments'],
    ['dlq show one --raw', '--raw and --out FILE need each other'],
    ['dlq show one --out file', '--raw and --out FILE need each other'],
    ['dlq purge', 'Say what to purge'],
    ['dlq purge --all --reason not_json', 'Say what to purge'],
    ['dlq list --reason', "'--reason <reason>' argument missing"],
    ['start --wach', "Unknown option '--wach' (Did you mean --watch?)"],
    ['start -x', "'-x'"],
    ['start --data', "'--data <dir>' argument missing"],
    ['start --watch=yes', "'--watch=...'"],
    ['start --no-json', "'--no-json'"],
    ['synth', "Required option '--stage <name>' not specified"],
    ['synth --stage localstack', 'Allowed choices are dev, prod'],
    ['deploy --stage pord', 'Allowed choices are'],
    ['deploy prod --stage dev', '"prod" makes no sense here'],
    ['destroy --stage prod', 'Allowed choices are localstack'],
    ['migrate now', 'Too many arguments'],
  ] as const)('%s', async ([line, part]) => {
    const { exitCode, stdout, stderr } = await runLoginEtl(line.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(part);
    expect(stderr).toMatch(/^[^\n]+\n$/);
  });
});

describe('npm start', () => {
  const npm = { npm_lifecycle_event: 'start', npm_package_name: 'login-etl' };

  test.for([
    [{ npm_config_watch: 'true' }, '--watch', '--watch'],
    [{ npm_config_json: 'true', npm_config_data: 'true' }, '--data and --json', '--data --json'],
  ] as const)('refuses where npm took %j', async ([taken, names, options]) => {
    const { exitCode, stdout, stderr } = await runLoginEtl(['start'], { env: { ...npm, ...taken } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(`npm took ${names} for itself: use npx login-etl start ${options} instead.\n`);
  });

  test('does not if npm sets something to nothing, or another program set it', async () => {
    for (const env of [
      { ...npm, npm_config_json: '' },
      { npm_lifecycle_event: 'npx', npm_config_json: 'true' },
    ]) {
      const { exitCode } = await runLoginEtl(['start', '--help'], { env });
      expect(exitCode).toBe(0);
    }
  });
});

test.for(['DATABASE_URL', 'FUNCTION_DATABASE_URL'])(
  'a deployment to LocalStack with %s alone is refused',
  async (name) => {
    const env = { [name]: 'postgres://postgres@localhost:5432/postgres' };
    const { exitCode, stdout, stderr } = await runLoginEtl(['deploy', '--stage', 'localstack'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^DATABASE_URL and FUNCTION_DATABASE_URL [^\n]+ set both, or neither\.\n$/);
  },
);
