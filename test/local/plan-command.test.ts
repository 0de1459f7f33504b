import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ordersTable } from '../../infra/plan/orders.ts';
import { AWS_STAGES } from '../../infra/settings/settings.ts';

const ROOT = join(import.meta.dirname, '..', '..');

function plan(...args: string[]) {
  const command = ['--disable-warning=ExperimentalWarning', 'tools/program/main.ts', 'plan', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('says what a load needs and costs, and the first limit with the setting to change', () => {
  const { status, stdout, stderr } = plan('--rate', '200', '--peak', '2000', '--send-batch', '10');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/steady, 200\/s +peak, 2,000\/s/);
  for (const line of ['batches a second', 'functions at once', 'connections', 'database CPU', 'capacity units']) {
    expect(stdout).toContain(`\n${line}`);
  }
  for (const line of ['WAL a day', 'rows a day', 'ledger, 35 days', 'a backlog of an hour', 'sum, USD a month']) {
    expect(stdout).toContain(`\n${line}`);
  }
  expect(stdout).toMatch(
    /These settings carry [\d,]+ events a second\. The first limit is then: .+\.\nTo go further: .+\./,
  );
  expect(stdout).toMatch(/measured on \d{4}-\d\d-\d\d \(.+cores.+\)/);
});

test('--json has the same as figures', () => {
  const args = ['--rate', '200', '--peak', '2000', '--send-batch', '10'];
  const figures = JSON.parse(plan(...args, '--json').stdout);
  expect(figures).toMatchObject({
    stage: 'prod',
    steady: { eventsPerSecond: 200, batchesPerSecond: expect.any(Number), functionMs: expect.any(Number) },
    peak: { eventsPerSecond: 2_000, databaseBusy: expect.any(Number), walBytesPerSecond: expect.any(Number) },
    carried: { eventsPerSecond: expect.any(Number), next: { name: expect.any(String), remedy: expect.any(String) } },
  });
  const text = plan(...args).stdout;
  expect(text).toContain(`sum, USD a month  ${figures.dollarsPerMonth.total.toFixed(2)}`);
  for (const { name } of figures.limits) expect(text).toContain(`\n${name}`);
});

test('--orders --json has the figures of each order of magnitude', () => {
  const { orders } = JSON.parse(plan('--orders', '--json').stdout);
  expect(orders.map(({ eventsPerSecond }: { eventsPerSecond: number }) => eventsPerSecond)).toEqual([
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000,
  ]);
  const figures = { batchesPerSecond: expect.any(Number), dollarsPerMonth: expect.any(Number) };
  expect(orders[0]).toMatchObject({ carriedBy: 'the settings of prod', ...figures });
});

test('more a second costs more, and sending one by one more than in tens', () => {
  const dollars = (...args: string[]) => Number(/sum, USD a month +([\d.]+)/.exec(plan(...args).stdout)?.[1]);
  const [inTens, oneByOne] = [dollars('--rate', '100', '--send-batch', '10'), dollars('--rate', '100')];
  expect(oneByOne).toBeGreaterThan(inTens);
  expect(dollars('--rate', '10', '--send-batch', '10')).toBeLessThan(inTens);
});

test.for([
  [['--rate', 'many'], /--rate and --peak/],
  [['--rate', '10', '--peak', '9'], /--rate and --peak/],
  [['--rate', '0'], /--rate and --peak/],
  [['--bytes', '2000000'], /--bytes must be 1 to 1048576/],
  [['--send-batch', '11'], /--send-batch must be 1 to 10/],
  [['--stage', 'localstack'], /--stage must be dev or prod/],
  [['--speed', '10'], /--speed.*See ".*--help"/],
] as const)('%s is wrong usage, in one sentence', ([args, problem]) => {
  const { status, stdout, stderr } = plan(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(problem);
  expect(stderr.trimEnd()).not.toContain('\n');
});

test('the documentation has its orders of magnitude', () => {
  const readme = readFileSync(join(ROOT, 'infra', 'README.md'), 'utf8');
  expect(readme).toContain(`\n${ordersTable(AWS_STAGES.prod, 600)}\n`);
});
