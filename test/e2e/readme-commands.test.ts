import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { removePostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { SAMPLE_EVENTS } from '../../localstack/events/samples/samples.ts';
import { npmStart } from '../support/npm-start.ts';
import { copyProject } from '../support/project-copy.ts';
import { readmeCommands } from '../support/readme-commands.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** How a command is run, and what must come of it. */
interface Run {
  /** What standard output or standard error says. */
  says: RegExp;
  /** 0 if it is left out. */
  code?: number;
  /** Parts of the command that the user has to replace, and what they are replaced by here. */
  fill?: Readonly<Record<string, string>>;
}

const NEXT_KEY = `hex:${'0123456789abcdef'.repeat(4)}`;

/** In the order in which they are run. Settings with dots in them come from the run of `npm start`. */
const RUN: Readonly<Record<string, Run>> = {
  'npx login-etl': { says: /^Usage: npx login-etl COMMAND/ },
  'npx --no -- login-etl': { says: /^Usage: npx login-etl COMMAND/ },
  'npx login-etl COMMAND --help': { says: /^Usage: npx login-etl rekey/, fill: { COMMAND: 'rekey' } },
  'npx login-etl export --help': { says: /duckdb/ },
  'npx login-etl plan': { says: /The first limit is then/ },
  'npx login-etl plan --rate 200 --peak 2000': { says: /peak, 2,000\/s/ },
  'npx login-etl plan --orders': { says: /^\| 1,000,000 \|/m },
  'npx login-etl vault new-key --out DIR': { says: /^Key /, fill: { DIR: '"$KEYS"' } },

  'npx login-etl export --out logins.csv': { says: /rows in .*logins\.csv/ },
  'printf %s 47eaa099-2cb6-416d-86dc-283cf0480ff9 | npx login-etl export --user': { says: /^47eaa099-/m },
  'npx login-etl sql "select * from duplicate_ips order by users desc limit 10"': { says: /^masked_ip/m },
  'npx login-etl report': { says: /logins, for a browser:/ },
  'npx login-etl audit': { says: /Nothing was found/ },
  'npx login-etl audit --rows': { says: /Nothing was found/ },
  'printf %s 199.172.111.135 | MASK_KEY="$(cat .login-etl/mask-key)" MASK_LAYER_KEY="$(cat .login-etl/mask-layer-key)" npx login-etl pseudonym --field ip':
    { says: /^k1_[0-9a-f]{32}$/m },
  'npx login-etl pseudonym': {
    says: /^k1_[0-9a-f]{32}$/m,
    fill: { 'npx login-etl pseudonym': 'echo my-device | npx login-etl pseudonym --field device_id' },
  },
  'npx login-etl dlq list': { says: /missing user_id/ },
  'npx login-etl dlq ...': { says: /missing user_id/, code: 1, fill: { '...': 'redrive --dry-run' } },
  'npx login-etl dlq redrive': { says: /1 message left/, code: 1 },
  'npx login-etl migrate': { says: /up to date/ },
  'DATABASE_URL=postgres://owner:password@host:5432/database npx login-etl migrate': { says: /up to date/ },
  'npx login-etl maintain': { says: /Deleted 0/ },
  'DATABASE_URL=postgres://owner:password@host:5432/database npx login-etl maintain': { says: /Deleted 0/ },
  'npx login-etl drain': { says: /The queue is empty/ },

  // The rest needs what only a deployment has; these are the answers that the documentation promises until then.
  'DATABASE_URL=postgres://login_rekeyer:...@host/database MASK_LAYER_KEY=hex:... MASK_NEXT_LAYER_KEY=hex:... npx login-etl rekey --to k2':
    {
      says: /No function has written with k2 yet/,
      code: 4,
      fill: { 'npx login-etl': `MASK_NEXT_LAYER_KEY=${NEXT_KEY} npx login-etl` },
    },
  'npx login-etl adopt': { says: /MASK_ADOPTED must be sha256/, code: 1 },
  'MASK_ADOPTED=sha256 DATABASE_URL=... MASK_KEY=hex:... MASK_LAYER_KEY=hex:... npx login-etl adopt': {
    says: /has written here without MASK_ADOPTED/,
    code: 4,
  },

  "VAULT_PRIVATE_KEY=... MASK_KEY=... MASK_LAYER_KEY=... npx login-etl recover --field ip --pseudonym k1_a6139ab4093ebf60008f2481acbb0d12 --reason 'abuse report 4711' --out found.jsonl":
    { says: /1 verified/, fill: { k1_a6139ab4093ebf60008f2481acbb0d12: '"$(cat pseudonym)"' } },
  'npx login-etl export --user --out rows.csv < id': { says: /1 row in/ },
  'tail -n +2 rows.csv | cut -d, -f3 > ips': { says: /^$/ },
  "npx login-etl recover --field ip --file ips --reason 'request to know 12' --out ips.jsonl": { says: /Opened 1/ },
  'npx login-etl erase --user < id': { says: /Erased 1 row and 2 sealed values/ },
  'npx login-etl erase --before': { says: /Erased 0 rows/, fill: { '--before': '--before 2001-01-01 --yes' } },
};

/** Why the others are not run here. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm start( -- --(watch|vault))?$|^npx login-etl start --watch$/, 'the run that the others share, as one command'],
  [
    /^npx login-etl (start|seed) FILE(\.\.\.)?$|^npx login-etl seed$/,
    'the run that the others share; npm-start.test.ts',
  ],
  [
    /^([A-Z_]+=\S+ )*npx login-etl .*--stage (prod|localstack)/,
    'needs a stage; stage.test.ts and the LocalStack suite run these',
  ],
  [/^npm (test|ci|run)\b|^\.ci\/run$/, 'a suite, a check or an installation; documentation.test.ts knows the scripts'],
  [/^npx (cdk|cdklocal) |^aws |^docker |^npm ci && npx cdk /, 'needs AWS, LocalStack or Docker'],
  [/^psql /, 'needs psql'],
];

test('each command of the documentation is run here, or there is a reason why not', () => {
  const commands = readmeCommands();
  const unexplained = (command: string) => !(command in RUN) && !NOT_RUN.some(([pattern]) => pattern.test(command));
  expect(commands.filter(unexplained)).toEqual([]);
  expect(Object.keys(RUN).filter((command) => !commands.includes(command))).toEqual([]);
  expect(NOT_RUN.filter(([pattern]) => !commands.some((command) => pattern.test(command)))).toEqual([]);
});

test('the commands do what the documentation says, on one run of npm start', { timeout: 600_000 }, async () => {
  const folder = copyProject('cdk.json', (text) => `${text}\n`);
  onTestFinished(() => removePostgres(join(folder, '.login-etl')));
  const config = join(folder, 'config');
  const started = npmStart(['--watch', '--vault', SAMPLE_EVENTS], { cwd: folder, env: { XDG_CONFIG_HOME: config } });
  const [, databaseUrl = ''] = await started.until(/psql '(\S+)'/);
  const [, endpoint = '', queueUrl = ''] = await started.until(/--endpoint-url (\S+) \\\s+--queue-url (\S+)/);
  const [, privateKey = ''] = await started.until(/opens them again:\n {2}(\S+)/);
  const key = (name: string) => readFileSync(join(folder, '.login-etl', name), 'utf8').trim();
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    QUEUE_URL: queueUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    DATABASE_URL: databaseUrl,
    MASK_KEY: key('mask-key'),
    MASK_LAYER_KEY: key('mask-layer-key'),
    VAULT_PRIVATE_KEY: privateKey,
    KEYS: temporaryFolder(),
  };
  for (const [command, { says, code = 0, fill = {} }] of Object.entries(RUN)) {
    if (command.startsWith('VAULT_PRIVATE_KEY=')) choosePerson(folder);
    const answer = await runInShell(filled(command, fill), folder, env);
    expect.soft({ command, ...answer }).toMatchObject({ code, said: expect.stringMatching(says) });
  }
  started.child.kill('SIGINT');
  expect(await started.exit()).toBe(0);
});

/** Writes the id and the ip's pseudonym of somebody who shares no value with anybody. */
function choosePerson(folder: string): void {
  const rows = readFileSync(join(folder, 'logins.csv'), 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const isAlone = (row: string[], column: number) =>
    row[column] !== '' && rows.filter((other) => other[column] === row[column]).length === 1;
  const [user = '', , ip = ''] = rows.find((row) => [0, 2, 3].every((column) => isAlone(row, column))) ?? [];
  writeFileSync(join(folder, 'id'), user);
  writeFileSync(join(folder, 'pseudonym'), ip);
}

function filled(command: string, fill: Readonly<Record<string, string>>): string {
  const withoutSettings = command.replace(/\b[A-Z_]+=(\S*\.\.\.\S*|postgres:\/\/owner:password@\S+) /g, '');
  return Object.entries(fill).reduce((text, [open, chosen]) => text.replace(open, chosen), withoutSettings);
}

async function runInShell(command: string, cwd: string, env: Readonly<Record<string, string>>) {
  return new Promise<{ code: number; said: string }>((done) => {
    const child = execFile('sh', ['-c', command], { cwd, env: { ...process.env, ...env } }, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, said: `${stdout}${stderr}` }),
    );
    child.stdin?.end();
  });
}
