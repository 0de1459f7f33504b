import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AWS_STAGES } from '../../infra/settings/settings.ts';
import { askAccount } from '../../tools/deploy/account.ts';
import { deployToAws } from '../../tools/deploy/deploy-to-aws.ts';
import { type Finding, findings, isFirstDeployment, stacksOf } from '../../tools/deploy/findings.ts';
import { deploymentSteps } from '../../tools/deploy/steps.ts';
import { type AwsAccount, NEW_ACCOUNT, startAwsAccount } from '../support/aws-account.ts';
import { stubAwsEnvironment } from '../support/aws-server.ts';
import { PROD } from '../support/stacks.ts';

const [STATEFUL, STATELESS] = stacksOf(PROD);
const READY = { ...NEW_ACCOUNT, bootstrapVersion: 33, hasRdsRole: true, concurrency: 1_000 };
const DEPLOYED = { ...READY, stacks: { [STATEFUL]: 'UPDATE_COMPLETE protected', [STATELESS]: 'CREATE_COMPLETE' } };

async function check(account: AwsAccount, env: Record<string, string> = {}) {
  const variables = { AWS_ENDPOINT_URL: await startAwsAccount(account), ...env };
  stubAwsEnvironment(variables);
  const answers = await askAccount(stacksOf(PROD), process.env);
  return { all: findings(PROD, answers), steps: deploymentSteps(PROD, answers) };
}

const sentences = (all: Finding[], kind: Finding['kind']) =>
  all.filter((finding) => finding.kind === kind).map(({ sentence }) => sentence);

const withStack = (state: string) => ({ ...DEPLOYED, stacks: { ...DEPLOYED.stacks, [STATEFUL]: state } });

describe('a new account', () => {
  test('is told what it lacks, with the command or the place that gives it', async () => {
    const { all } = await check(NEW_ACCOUNT);
    expect(sentences(all, 'problem')).toEqual([
      'CDK is not set up in this account and region: run "npx cdk bootstrap aws://111122223333/eu-central-1".',
    ]);
    expect(sentences(all, 'warning')).toEqual([
      expect.stringContaining('aws iam create-service-linked-role --aws-service-name rds.amazonaws.com'),
      expect.stringMatching(
        /at most 10 functions .* prod needs up to 12: .*L-B99A9384.*ingest.maxConcurrency to 8 or less\.$/,
      ),
    ]);
    expect(sentences(all, 'not checked')).toEqual([expect.stringContaining('paid plan')]);
  });

  test('that is ready is told so, and makes the stack with the data without protection first', async () => {
    const { all, steps } = await check(READY);
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['ok', 'not checked']));
    expect(all[0]?.sentence).toBe('Account 111122223333, region eu-central-1.');
    expect(steps).toEqual([
      ['deploy', STATEFUL, '--context', 'protection=later'],
      ['deploy', '--all'],
    ]);
  });
});

test('an account that has the stage is deployed to as ever, and nothing is said about its plan', async () => {
  const { all, steps } = await check(DEPLOYED);
  expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['ok']));
  expect(steps).toEqual([['deploy', '--all']]);
});

test('a bootstrap that is too old is a problem', async () => {
  const { all } = await check({ ...DEPLOYED, bootstrapVersion: 5 });
  expect(sentences(all, 'problem')).toEqual([expect.stringContaining('too old a version (5)')]);
});

describe('a stack', () => {
  test.for(['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'REVIEW_IN_PROGRESS', 'DELETE_COMPLETE'])(
    'whose first creation came to %s is created again, without protection',
    async (status) => {
      const { all, steps } = await check(withStack(status));
      expect(sentences(all, 'problem')).toEqual([]);
      expect(sentences(all, 'ok')).toContainEqual(
        `${STATEFUL} will be created again, because its creation did not succeed (${status}).`,
      );
      expect(steps).toHaveLength(2);
    },
  );

  test.for([
    [
      'ROLLBACK_COMPLETE protected',
      /update-termination-protection --no-enable-termination-protection --stack-name login-/,
    ],
    ['UPDATE_ROLLBACK_FAILED protected', /continue-update-rollback --stack-name login-etl-prod-stateful/],
    ['DELETE_FAILED', /delete-stack --stack-name login-etl-prod-stateful/],
    ['UPDATE_IN_PROGRESS protected', /is being changed by another deployment \(UPDATE_IN_PROGRESS\)/],
    ['DELETE_IN_PROGRESS', /is being changed by another deployment \(DELETE_IN_PROGRESS\)/],
  ] as const)(
    'in the state %s keeps the deployment from beginning, and the sentence says what to do',
    async ([state, problem]) => {
      const { all } = await check(withStack(state));
      expect(sentences(all, 'problem')).toEqual([expect.stringMatching(problem)]);
    },
  );
});

describe('what an endpoint', () => {
  test.for([
    ['refuses', 'denied', 'AccessDenied'],
    ['does not know', 'missing', 'InternalFailure'],
  ] as const)('%s is not checked, and stops nothing', async ([, how, code]) => {
    const calls = ['DescribeStacks', 'GetRole', 'GetAccountSettings', 'GetCallerIdentity'];
    const { all, steps } = await check({ ...DEPLOYED, [how]: calls });
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['not checked']));
    expect(all).toHaveLength(6);
    for (const { sentence } of all) expect(sentence).toMatch(new RegExp(`: the endpoint answered ${code}\\.$`));
    // Not known to be the first, so that nothing is made without protection.
    expect(steps).toEqual([['deploy', '--all']]);
  });
});

test('credentials that do not work are one problem, and nothing else is said', async () => {
  const { all } = await check({ ...DEPLOYED, id: null });
  expect(all).toEqual([{ kind: 'problem', sentence: expect.stringContaining('(InvalidClientTokenId): sign in') }]);
});

test('a missing region is a problem, and AWS_DEFAULT_REGION is one', async () => {
  const none = { AWS_CONFIG_FILE: '/dev/null', AWS_REGION: '' };
  expect(sentences((await check(DEPLOYED, none)).all, 'problem')).toEqual([expect.stringContaining('No region')]);
  const { all } = await check(DEPLOYED, { ...none, AWS_DEFAULT_REGION: 'eu-west-3' });
  expect(all[0]?.sentence).toContain('region eu-west-3');
});

test('an endpoint that nobody answers at is not checked', async () => {
  stubAwsEnvironment({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  const all = findings(PROD, await askAccount(stacksOf(PROD), process.env));
  expect(new Set(sentences(all, 'not checked')).size).toBe(all.length);
  expect(all[0]?.sentence).toContain('ECONNREFUSED');
});

describe('a deployment', () => {
  async function deploy(account: AwsAccount, onlyCheck = false) {
    stubAwsEnvironment({ AWS_ENDPOINT_URL: await startAwsAccount(account) });
    const runs: string[] = [];
    const out = new PassThrough();
    const runCdk = async (args: readonly string[]) => void runs.push(args.join(' '));
    const error = await deployToAws(PROD, { onlyCheck, env: process.env, out, runCdk }).then(
      () => null,
      (reason) => reason,
    );
    return { runs, error, text: `${out.read()}` };
  }

  test('begins with the check, and does not begin when that finds a problem', async () => {
    const { runs, error, text } = await deploy(NEW_ACCOUNT);
    expect(text).toMatch(/^ok: {10}Account 111122223333, .*\nproblem: {5}CDK is not set up .*\nwarning: {5}The serv/);
    expect(error).toMatchObject({
      name: 'UserError',
      exitCode: 1,
      message: expect.stringContaining('Nothing was changed'),
    });
    expect(runs).toEqual([]);
  });

  test('that is only checked changes nothing', async () => {
    expect(await deploy(READY, true)).toMatchObject({ runs: [], error: null });
  });

  test('for the first time makes the stack with the data, then both stacks as ever', async () => {
    const { runs, text } = await deploy(READY);
    expect(runs).toEqual([`deploy ${STATEFUL} --context protection=later`, 'deploy --all']);
    expect(text).toContain('unprotected');
  });

  test('of a stage that need not be kept is one run from the beginning', async () => {
    stubAwsEnvironment({ AWS_ENDPOINT_URL: await startAwsAccount(READY) });
    const account = await askAccount(stacksOf(AWS_STAGES.dev), process.env);
    expect(isFirstDeployment(AWS_STAGES.dev, account)).toBe(true);
    expect(deploymentSteps(AWS_STAGES.dev, account)).toEqual([['deploy', '--all']]);
  });
});
