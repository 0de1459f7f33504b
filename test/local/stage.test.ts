import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuditResult } from '../../lambda/jobs/audit/audit.ts';
import { type AwsAccount, type Invoked, NEW_ACCOUNT, startAwsAccount } from '../support/aws-account.ts';
import { stubAwsEnvironment } from '../support/aws-server.ts';
import { type ProgramOptions, runLoginEtl } from '../support/program.ts';

const FACTS = { at: '2026-11-25T12:00:00Z', days: 30, logins: 7 };
const CANARY = '198.51.100.77';

/** Runs a command on the stage prod of an account that answers like this. */
async function onProd(args: readonly string[], account: Partial<AwsAccount>, options: ProgramOptions = {}) {
  const AWS_ENDPOINT_URL = await startAwsAccount({
    ...NEW_ACCOUNT,
    stacks: { 'login-etl-prod-stateless': 'UPDATE_COMPLETE' },
    outputs: { LookFunction: 'login-etl-prod-look' },
    ...account,
  });
  // Read by the SDK alone: what the command is given must not name a LocalStack.
  stubAwsEnvironment({ AWS_ENDPOINT_URL });
  const env = { AWS_REGION: 'eu-central-1' };
  return runLoginEtl([...args, '--stage', 'prod'], { ...options, env });
}

const failing = (errorType: string, errorMessage: string): Partial<AwsAccount> => ({
  invoke: () => ({ functionError: 'Unhandled', body: JSON.stringify({ errorType, errorMessage, trace: [CANARY] }) }),
});

describe('report --stage', () => {
  test('lets the function of the stage count, and asks it once', async () => {
    const asked: unknown[] = [];
    const invoke = (name: string, request: unknown): Invoked => {
      asked.push([name, request]);
      return { body: JSON.stringify(FACTS) };
    };
    const { exitCode, json, stderr } = await onProd(['report', '--json', '--days', '30'], { invoke });
    expect({ exitCode, json, stderr }).toEqual({
      exitCode: 0,
      json: FACTS,
      stderr: '  counting next to the database of prod\n',
    });
    expect(asked).toEqual([['login-etl-prod-look', { look: 'report', days: 30 }]]);
  });

  test.each<[what: string, account: Partial<AwsAccount>, sentence: string]>([
    [
      'our own error',
      failing('JobError', 'The database cannot do this (57014).'),
      'The database cannot do this (57014).',
    ],
    ['an error that would command the terminal', failing('JobError', 'a\u001b[2Jb'), 'a\\u001b[2Jb'],
    [
      'an error of anybody else, of which nothing is shown',
      failing('Error', `invalid input ${CANARY}`),
      'The function login-etl-prod-look failed: its log says why.',
    ],
    [
      'the end of its time',
      failing('Sandbox.Timedout', '2026-11-25T12:00:00Z 1234 Task timed out after 900.00 seconds'),
      'The function login-etl-prod-look was cut off after 15 minutes: ask for less, or see its log.',
    ],
    [
      'what is not JSON',
      { invoke: () => ({ body: `<html>${CANARY}` }) },
      'The function gave an answer that is not JSON.',
    ],
    [
      'a refusal of Lambda',
      { denied: ['Invoke'] },
      'This login may not do this: it needs cloudformation:DescribeStacks and lambda:InvokeFunction on them.',
    ],
    [
      'a refusal of CloudFormation',
      { denied: ['DescribeStacks'] },
      'This login may not do this: it needs cloudformation:DescribeStacks and lambda:InvokeFunction on them.',
    ],
    [
      'an account that is busy',
      { invoke: () => ({ lambdaError: 'TooManyRequestsException', body: '' }) },
      'Lambda runs as many functions as the account allows: try again in a moment.',
    ],
    ['no stack', { stacks: {} }, 'The stack login-etl-prod-stateless does not exist in this account and region.'],
    [
      'an older release',
      { outputs: {} },
      'The stack login-etl-prod-stateless has no function for this: deploy this release first.',
    ],
    ['unknown credentials', { id: null }, 'AWS refuses these credentials.'],
  ])('says of %s in one sentence, and writes nothing', async (_, account, sentence) => {
    const folder = await mkdtemp(join(tmpdir(), 'login-etl-stage-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { exitCode, stdout, stderr } = await onProd(['report', '--out', join(folder, 'report.html')], account);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(`  counting next to the database of prod\n${sentence}\n`);
    expect(await readdir(folder)).toEqual([]);
  });

  test('calls the function once, whatever comes of it', async () => {
    let calls = 0;
    const invoke = (): Invoked => {
      calls++;
      return { lambdaError: 'ServiceException', body: '' };
    };
    const { exitCode, stderr } = await onProd(['report'], { invoke });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The function may still be running: look at its log before you try again.');
    expect(calls).toBe(1);
  });

  test('is interrupted while the function is at work', async () => {
    const interrupt = new AbortController();
    const invoke = () => {
      interrupt.abort('SIGINT');
      return new Promise<Invoked>(() => {});
    };
    const { exitCode, stderr } = await onProd(['report'], { invoke }, { stop: interrupt.signal });
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/The function goes on counting, and its answer is dropped\.\nInterrupted\.\n$/);
  });

  test.each([
    [['report', '--stage', 'production'], 'This stage does not exist: name one of localstack, dev, prod.'],
    [['report', '--stage', 'prod', '--data', '/x'], '--stage and --data name two places: leave one of them out.'],
  ])('refuses %j', async (args, sentence) => {
    const { exitCode, stderr } = await runLoginEtl(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(sentence);
    expect(existsSync('/x')).toBe(false);
  });
});

describe('audit --stage', () => {
  const result: AuditResult = {
    logins: 2,
    keys: { kid: 'k1', nextKid: null, known: ['k1'] },
    forms: { masked_ip: { k1: 2 } },
    wrong: [{ column: 'masked_ip', form: 'ipv4', why: 'not a pseudonym', values: 1 }],
    access: { grants: [], memberships: [], attributes: [], readers: [], members: [] },
    settings: { findings: [], logsRefusedStatements: false },
    found: [],
  };

  test('reports what the function of the stage has found, and ends with 3', async () => {
    const asked: unknown[] = [];
    const invoke = (name: string, request: unknown): Invoked => {
      asked.push([name, request]);
      return { body: JSON.stringify(result) };
    };
    const { exitCode, stdout } = await onProd(['audit', '--rows'], { invoke });
    expect(exitCode).toBe(3);
    expect(stdout).toContain('In masked_ip, like an IPv4 address: 1');
    expect(asked).toEqual([['login-etl-prod-look', { look: 'audit', rows: 100 }]]);
  });
});

describe('pseudonym --stage', () => {
  const outputs = { PseudonymFunction: 'login-etl-prod-pseudonym' };
  const pseudonym = `k1_${'0'.repeat(32)}`;

  test('sends the value from standard input, and prints what the function gives', async () => {
    const asked: unknown[] = [];
    const invoke = (name: string, request: unknown): Invoked => {
      asked.push([name, request]);
      return { body: JSON.stringify({ pseudonyms: [pseudonym], changes: [] }) };
    };
    const { exitCode, stdout, stderr } = await onProd(
      ['pseudonym', '--field', 'ip'],
      { outputs, invoke },
      { input: CANARY },
    );
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: `${pseudonym}\n`, stderr: '' });
    expect(asked).toEqual([['login-etl-prod-pseudonym', { field: 'ip', value: CANARY }]]);
  });

  test('says nothing of the value when the function fails', async () => {
    const account = { ...failing('Error', CANARY), outputs };
    const { exitCode, stdout, stderr } = await onProd(['pseudonym', '--field', 'ip'], account, { input: CANARY });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe('The function login-etl-prod-pseudonym failed: its log says why.\n');
  });

  test('says what is refused and what is null, and does without old keys', async () => {
    const answering = (answer: object) => ({ outputs, invoke: () => ({ body: JSON.stringify(answer) }) });
    const args = ['pseudonym', '--field', 'ip'];
    const refused = await onProd(args, answering({ refused: 'bad_text' }), { input: 'x' });
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('refuses such a value (bad_text ip)'),
    });
    const nothing = await onProd(args, answering({ pseudonyms: [], changes: ['placeholder_ip'] }), { input: '-' });
    expect(nothing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('stores null for this value') });
    const old = await onProd([...args, '--from', 'k1'], { outputs }, { input: pseudonym });
    expect(old).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('leave --stage out') });
  });
});

describe('erase --stage', () => {
  const outputs = { EraseFunction: 'login-etl-prod-erase' };

  test('sends the id from standard input, and says what was erased and when to run it again', async () => {
    const asked: unknown[] = [];
    const invoke = (name: string, request: unknown): Invoked => {
      asked.push([name, request]);
      return { body: '{"rows":2,"values":1}' };
    };
    const { exitCode, stdout } = await onProd(['erase', '--user'], { outputs, invoke }, { input: 'canary\n' });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Erased 2 rows and 1 sealed value\.\nMessages in the queues can still become rows/);
    expect(stdout).not.toContain('canary');
    expect(asked).toEqual([['login-etl-prod-erase', { user: 'canary' }]]);
  });

  test('ends with 3 if there is nothing, and asks before it erases what is old', async () => {
    const none = { outputs, invoke: () => ({ body: '{"rows":0,"values":0}' }) };
    expect((await onProd(['erase', '--user'], none, { input: 'nobody' })).exitCode).toBe(3);
    expect((await onProd(['erase', '--before', '2026-01-01'], { outputs })).exitCode).toBe(2);
  });
});

describe('rekey --stage', () => {
  const outputs = { RekeyFunction: 'login-etl-prod-rekey' };

  test('calls the function until it is done, and tells how far it is', async () => {
    const answers = [
      { from: 'k1', outcome: 'stopped', moved: 1_000, left: 500 },
      { from: 'k1', outcome: 'done', moved: 500, left: 0 },
    ];
    const asked: unknown[] = [];
    const invoke = (_name: string, request: unknown): Invoked => {
      asked.push(request);
      return { body: JSON.stringify(answers[asked.length - 1]) };
    };
    const { exitCode, stdout, stderr } = await onProd(['rekey', '--to', 'k2'], { outputs, invoke });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '  1,000 pseudonyms moved, 500 left\n' });
    expect(stdout).toMatch(/^Moved 1,500 pseudonyms from k1 to k2; 0 are left under k1\.\n/);
    expect(asked).toEqual([
      { to: 'k2', steps: 16, sweep: false },
      { to: 'k2', steps: 16, sweep: false },
    ]);
  });

  test('ends with 4 if no function has the new key', async () => {
    const invoke = () => ({ body: JSON.stringify({ from: 'k1', outcome: 'not enrolled', moved: 0, left: 9 }) });
    expect((await onProd(['rekey', '--to', 'k2'], { outputs, invoke })).exitCode).toBe(4);
  });
});

test.for([
  [['adopt'], 'adopted'],
  [['rekey', '--to', 'k2'], 'nextMaskKeyId'],
] as const)('%s names the setting without which its function is not there', async ([args, setting]) => {
  const { exitCode, stderr } = await onProd([...args], { outputs: {} });
  expect(stderr).toContain(`has no function for this: deploy this release with the setting ${setting} first.`);
  expect(exitCode).toBe(1);
});

test('adopt --stage calls the function until it is done, and says what is left', async () => {
  const rest = { lowVersions: 0 };
  const left = [{ column: 'masked_ip', form: 'other', why: 'not a pseudonym', values: 1 }];
  const answers = [
    { outcome: 'stopped', adopted: 1_000, emptied: 10, left, ...rest },
    { outcome: 'done', adopted: 500, emptied: 0, left, ...rest },
  ];
  const asked: unknown[] = [];
  const invoke = (name: string, request: unknown): Invoked => {
    asked.push([name, request]);
    return { body: JSON.stringify(answers[asked.length - 1]) };
  };
  const outputs = { AdoptFunction: 'login-etl-prod-adopt' };
  const { exitCode, stdout, stderr } = await onProd(['adopt'], { outputs, invoke });
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '  1,010 values done\n' });
  expect(stdout).toMatch(/^Made pseudonyms of 1,500 hashes, and null of 10 that stood for no value\.\n/);
  expect(asked).toEqual(Array(2).fill(['login-etl-prod-adopt', {}]));
});

test.each([
  [['export', '--stage', 'prod'], 'To get rows out of a stage, use a snapshot or a bastion'],
  [['sql', '--stage', 'prod', 'select 1'], 'To get rows out of a stage, use a snapshot or a bastion'],
  [['dlq', 'list', '--try-insert', '--stage', 'prod'], 'On a stage the function alone has database and keys'],
  [['dlq', 'list', '--try-insert', '--stack', 'login-etl-dev-stateful'], 'redrive lets it try again'],
])('%j says why that is not offered on a stage, in one sentence', async (args, sentence) => {
  const { exitCode, stdout, stderr } = await runLoginEtl(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
