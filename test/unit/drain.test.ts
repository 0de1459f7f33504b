import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../lambda/batch/outcome.ts';
import { formatMetrics } from '../../tools/drain/metrics.ts';
import { createProgress } from '../../tools/drain/progress.ts';
import { describe as describeReport, exitCodeOf, type Report } from '../../tools/drain/report.ts';
import { checkSettings, regionOf } from '../../tools/drain/settings.ts';

const EMPTY: Report = {
  ending: 'empty',
  ...createProgress().summary(),
  outage: null,
  hasDeadLetterQueue: true,
  seconds: 1.234,
};
const STORED: Outcome = { kind: 'stored' };
const AWAY: Outcome = { kind: 'retry', reason: 'database 57P01' };
const REJECTED: Outcome = { kind: 'rejected', reason: 'missing ip' };

describe('the exit code is', () => {
  test.for([
    [0, {}],
    [0, { stored: 5, duplicates: 2 }],
    [0, { stored: 5, hasDeadLetterQueue: false }],
    [3, { rejected: { 'missing ip': 1 } }],
    [3, { unstored: { 'database 57P01': 1 } }],
    [1, { rejected: { 'missing ip': 1 }, hasDeadLetterQueue: false }],
    [1, { ending: 'gave up', stored: 5 }],
  ] as const)('%i of %j', ([code, facts]) => {
    expect(exitCodeOf({ ...EMPTY, ...facts })).toBe(code);
  });
});

test('the report names every reason and what was away', () => {
  const text = describeReport({
    ...EMPTY,
    ending: 'gave up',
    outage: 'database 57P01',
    stored: 1_234,
    rejected: { 'missing ip': 2, not_json: 3 },
    unstored: { 'database 57P01': 7 },
  });
  expect(text).toMatch(/Still away: database 57P01/);
  expect(text).toMatch(/1,234 stored/);
  expect(text).toMatch(/5 rejected \(not_json: 3, missing ip: 2\)/);
  expect(text).toMatch(/7 not stored/);
});

describe('an outage', () => {
  function progressAfter(...batches: Outcome[][]) {
    const progress = createProgress();
    for (const [number, outcomes] of batches.entries()) {
      const deliveries = outcomes.map((outcome, i) => ({ messageId: `${number}-${i}`, outcome }));
      const kept = new Set(deliveries.filter(({ outcome }) => outcome !== STORED).map(({ messageId }) => messageId));
      const messageIds = deliveries.map(({ messageId }) => messageId);
      progress.batchDone({ messageIds, kept, answer: { response: null, report: { deliveries, changedBy: {} } } });
    }
    return progress;
  }

  test('begins when nothing of a batch could be stored, and ends with the first message that is', () => {
    expect(progressAfter([STORED]).outage()).toBeNull();
    expect(progressAfter([AWAY, REJECTED]).outage()).toMatchObject({ reason: 'database 57P01' });
    expect(progressAfter([AWAY], [REJECTED]).outage()).toMatchObject({ reason: 'database 57P01' });
    expect(progressAfter([AWAY], [STORED]).outage()).toBeNull();
    expect(progressAfter([STORED, AWAY]).outage()).toBeNull();
  });

  test('of SQS ends when SQS answers, and that of the database does not', () => {
    const progress = createProgress();
    progress.unreachable('sqs ECONNREFUSED');
    progress.reachable('sqs');
    expect(progress.outage()).toBeNull();
    progress.unreachable('database ECONNREFUSED');
    progress.reachable('sqs');
    expect(progress.outage()).toMatchObject({ reason: 'database ECONNREFUSED' });
    progress.reachable('everything');
    expect(progress.outage()).toBeNull();
  });

  test('is one from the first failure to the last, whatever else fails meanwhile', async () => {
    const progress = createProgress();
    progress.unreachable('sqs ECONNREFUSED');
    await new Promise((passed) => setTimeout(passed, 20));
    progress.unreachable('database ECONNREFUSED');
    expect(progress.outage()?.forMs).toBeGreaterThan(15);
  });
});

test('a message that is rejected at each of its receives is one in the metrics', () => {
  const progress = createProgress();
  for (let receive = 0; receive < 3; receive++) {
    const report = { deliveries: [{ messageId: 'a', outcome: REJECTED }], changedBy: { ip_port: 1 } };
    const answer = { response: null, report };
    progress.batchDone({ messageIds: ['a'], kept: new Set(['a']), answer });
  }
  expect(formatMetrics(progress)).toMatch(/^login_etl_rejected_total\{reason="missing ip"\} 1$/m);
  expect(formatMetrics(progress)).toMatch(/^login_etl_changed_total\{reason="ip_port"\} 3$/m);
});

test('the metrics leave out which constraint it was, as those of the function do', () => {
  const progress = createProgress();
  const deliveries = ['no_androids', 'no_apples'].map((name) => ({
    messageId: name,
    outcome: { kind: 'rejected', reason: `refused 23514 ${name}` } as const,
  }));
  const messageIds = deliveries.map(({ messageId }) => messageId);
  const answer = { response: null, report: { deliveries, changedBy: {} } };
  progress.batchDone({ messageIds, kept: new Set(messageIds), answer });
  expect(formatMetrics(progress)).toMatch(/^login_etl_rejected_total\{reason="refused 23514"\} 2$/m);
});

test('a label cannot break out of its quotes', () => {
  const progress = createProgress();
  progress.unreachable('a"b\\c\nd');
  expect(formatMetrics(progress)).toMatch(/^login_etl_unreachable_total\{reason="a\\"b\\\\c\\nd"\} 1$/m);
});

describe('the region is that of', () => {
  const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/111122223333/logins';
  test('the environment, or of the queue', () => {
    expect(regionOf(QUEUE, { AWS_REGION: 'us-west-2' })).toBe('us-west-2');
    expect(regionOf(QUEUE, {})).toBe('eu-central-1');
    expect(() => regionOf('http://localhost:4566/000000000000/logins', {})).toThrow(/AWS_REGION is missing/);
  });
});

test('a FIFO queue is refused by its name', () => {
  const env = { DATABASE_URL: 'postgres://u@h/d', MASK_KEY: `hex:${'0123456789abcdef'.repeat(4)}` };
  const problem = () => checkSettings({ ...env, QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/1/logins.fifo' });
  expect(problem).toThrow(/FIFO/);
});
