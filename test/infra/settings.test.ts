import { describe, expect, test } from 'vitest';
import { addAwsPipeline } from '../../infra/pipeline.ts';
import { settingsProblems } from '../../infra/settings/check-settings.ts';
import { databaseConnections, toleratedOutageSeconds, visibilityTimeoutSeconds } from '../../infra/settings/derived.ts';
import { AWS_STAGES, type AwsSettings, LOCALSTACK } from '../../infra/settings/settings.ts';
import { SettingsError } from '../../infra/settings/settings-error.ts';
import { createApp, PROD } from '../support/stacks.ts';

const erasing = (eraseAfterDays: number): AwsSettings => ({
  ...PROD,
  maintenance: { ...PROD.maintenance, eraseAfterDays },
});
const queue = (change: Partial<AwsSettings['queue']>): AwsSettings => ({
  ...PROD,
  queue: { ...PROD.queue, ...change },
});
const ingest = (change: Partial<AwsSettings['ingest']>, peakEventsPerSecond = 100): AwsSettings => ({
  ...PROD,
  traffic: { ...PROD.traffic, peakEventsPerSecond },
  ingest: { ...PROD.ingest, ...change },
});
const database = (change: Partial<AwsSettings['database']>): AwsSettings => ({
  ...PROD,
  database: { ...PROD.database, ...change },
});

test.for(Object.values({ ...AWS_STAGES, LOCALSTACK }))('the settings of stage $stage can work', (settings) => {
  expect(settingsProblems(settings)).toEqual([]);
});

describe('one wrong setting is one sentence that names it', () => {
  test.for<[name: string, settings: AwsSettings, problem: RegExp]>([
    ['more connections than the database has', database({ reservedConnections: 1_660 }), /maxConcurrency.*1670.*1669/],
    [
      'a database too small for its reserve',
      database({ minCapacity: 0.5, maxCapacity: 0.5 }),
      /reservedConnections.*60.*has 0/,
    ],
    ['visibility below timeout and window', queue({ visibilityTimeoutSeconds: 64 }), /64.*65 s/],
    ['visibility above SQS limit', queue({ visibilityTimeoutSeconds: 43_201 }), /43201/],
    ['a dead-letter queue that forgets first', queue({ deadLetterRetentionDays: 7 }), /deadLetterRetentionDays is 7/],
    ['a dead-letter queue beyond SQS', queue({ deadLetterRetentionDays: 15 }), /at most 14/],
    ['an outage that outlasts the receives', queue({ maxReceiveCount: 10 }), /maxReceiveCount of 10 .* 46 minutes/],
    ['a longer promise', { ...PROD, promisedOutageMinutes: 120 }, /promisedOutageMinutes is 120/],
    ['a batch without a window', ingest({ windowSeconds: 0 }), /without a window/],
    ['a batch beyond Lambda', ingest({ batchSize: 10_001 }), /batchSize is 10001/],
    ['a timeout beyond Lambda', ingest({ timeoutSeconds: 901 }), /timeoutSeconds is 901/],
    ['a timeout too short to hand back', ingest({ timeoutSeconds: 19 }), /timeoutSeconds is 19/],
    ['a window beyond Lambda', ingest({ windowSeconds: 301 }), /windowSeconds is 301/],
    ['a concurrency below Lambda', ingest({ maxConcurrency: 1 }), /maxConcurrency is 1,/],
    ['capacity upside down', database({ minCapacity: 9 }), /minCapacity \(9\)/],
    ['an engine without a minor release', database({ engineVersion: '17' }), /engineVersion is "17"/],
    ['a bucket as a producer', queue({ producers: ['arn:aws:s3:::logins'] }), /"arn:aws:s3:::logins" is a bucket/],
    ['a queue as a producer', queue({ producers: ['arn:aws:sqs:eu-west-1:111122223333:q'] }), /:q" must be an account/],
    ['everybody as a producer', queue({ producers: ['*'] }), /"\*" must be an account/],
    ['a session as a producer', queue({ producers: ['arn:aws:sts::111122223333:assumed-role/a/b'] }), /must be an acc/],
    ['a key id that the database refuses', { ...PROD, maskKeyId: 'k0' }, /maskKeyId is "k0"/],
    ['a rotation to the key in use', { ...PROD, nextMaskKeyId: 'k1' }, /nextMaskKeyId "k1"/],
    ['a key that is in use and retired', { ...PROD, retiredMaskKeyIds: ['k1'] }, /retiredMaskKeyIds is \["k1"\]/],
    ['a key that is retired twice', { ...PROD, retiredMaskKeyIds: ['k2', 'k2'] }, /each once/],
    ['a retired key that cannot be', { ...PROD, retiredMaskKeyIds: ['root'] }, /retiredMaskKeyIds is \["root"\]/],
    ['no traffic', { ...PROD, traffic: { ...PROD.traffic, eventsPerSecond: 0 } }, /traffic is 0 events/],
    ['a peak below the average', { ...PROD, traffic: { ...PROD.traffic, peakEventsPerSecond: 1 } }, /at most 1,/],
    ['events beyond SQS', { ...PROD, traffic: { ...PROD.traffic, eventBytes: 1_048_577 } }, /1048577 bytes/],
    ['more traffic than is carried', ingest({ maxConcurrency: 2 }, 40_000), /functions at once: .*maxConcurrency/],
    ['a maintenance at odd hours', { ...PROD, maintenance: { ...PROD.maintenance, everyHours: 7 } }, /everyHours is 7/],
    ['an age that the queues reach', erasing(21), /eraseAfterDays is 21, and must be 22 .* to 36500, or null/],
    ['an age in parts of days', erasing(40.5), /eraseAfterDays is 40\.5/],
    ['a runbook that is not an address', { ...PROD, alarms: { ...PROD.alarms, runbook: 'README' } }, /alarms\.runbook/],
    [
      'a runbook with an anchor',
      { ...PROD, alarms: { ...PROD.alarms, runbook: 'https://example.com/#a' } },
      /alarms\.runbook is "https:\/\/example\.com\/#a"/,
    ],
    ['no zone for endpoints', { ...PROD, network: { endpointZones: 0 } }, /endpointZones is 0/],
  ])('%s', ([, settings, problem]) => {
    expect(settingsProblems(settings)).toEqual([expect.stringMatching(problem)]);
    expect(settingsProblems(settings)[0]).toMatch(/^[^\n]*\.$/);
  });

  test('a ledger that forgets before the queues do', () => {
    const problems = settingsProblems(queue({ retentionDays: 22, deadLetterRetentionDays: 23 }));
    expect(problems).toContainEqual(expect.stringMatching(/add up to 45.*35 days/));
  });
});

test('all problems are told at once, and nothing is synthesized', () => {
  const app = createApp();
  const wrong = { ...ingest({ maxConcurrency: 1 }), promisedOutageMinutes: 120 };
  expect(() => addAwsPipeline(app, wrong)).toThrow(SettingsError);
  expect(() => addAwsPipeline(app, wrong)).toThrow(/maxConcurrency.*\n.*maxReceiveCount/);
  expect(app.node.children).toEqual([]);
});

test.for([
  '111122223333',
  'arn:aws:iam::111122223333:root',
  'arn:aws-cn:iam::111122223333:role/team/web',
  'arn:aws:iam::111122223333:user/ci@example.com',
  'arn:aws:sns:eu-west-1:111122223333:logins',
  'arn:aws:events:eu-west-1:111122223333:rule/logins',
  'arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/partner.com/bus/logins',
])('%s can be a producer', (producer) => {
  expect(settingsProblems(queue({ producers: [producer] }))).toEqual([]);
});

describe('derived', () => {
  test('the visibility timeout is six times the timeout and the window', () => {
    expect(visibilityTimeoutSeconds(ingest({ timeoutSeconds: 100, windowSeconds: 7 }))).toBe(607);
  });

  test('the visibility timeout can be set', () => {
    expect(visibilityTimeoutSeconds(queue({ visibilityTimeoutSeconds: 99 }))).toBe(99);
  });

  test('an outage is survived for the shortest waits after each receive but the last', () => {
    expect(toleratedOutageSeconds(queue({ maxReceiveCount: 4 }))).toBe(0.9 * (30 + 60 + 120));
  });

  test.for([
    [1, 1, 189],
    [1, 3.5, 189],
    [1, 4, 823],
    [1, 256, 5_000],
    [0.5, 256, 2_000],
    [0, 1, 189],
    [0, 0.5, 0],
  ] as const)('a database of %s to %s units has %s connections', ([least, most, connections]) => {
    expect(databaseConnections(least, most)).toBe(connections);
  });
});
