import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createTelemetry } from '../../lambda/telemetry/telemetry.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const NOW = Date.UTC(2026, 10, 20);

/** The age of the oldest event that is logged for messages with these send times. */
function loggedAge(...sendTimes: unknown[]): unknown {
  const log = vi.spyOn(console, 'info').mockImplementation(() => {});
  const deliveries = sendTimes.map((SentTimestamp) => {
    const record = sqsRecord(VALID_BODY);
    const attributes = { ...record.attributes, SentTimestamp: SentTimestamp as string };
    return { record: { ...record, attributes }, outcome: { kind: 'stored' } as const };
  });
  createTelemetry(() => NOW, 'test').batchDone({ deliveries, changedBy: {}, unknownKeysDropped: 0 }, 1);
  const line = String(log.mock.calls.at(-1)?.[0]);
  log.mockRestore();
  return JSON.parse(line).oldestEventAgeSeconds;
}

/** What is printed, line by line, as JSON. */
function printedBy(work: () => void): Record<string, unknown>[] {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  onTestFinished(() => void vi.unstubAllEnvs());
  const lines: string[] = [];
  const keep = (line: unknown) => void lines.push(String(line));
  const spies = (['info', 'warn', 'log'] as const).map((method) => vi.spyOn(console, method).mockImplementation(keep));
  work();
  for (const spy of spies) spy.mockRestore();
  return lines.map((line) => JSON.parse(line));
}

describe('the age of the oldest event', () => {
  test('is that of the first that was sent', () => {
    expect(loggedAge(`${NOW - 2_000}`, `${NOW - 5_000}`, `${NOW}`)).toBe(5);
  });

  test.for([undefined, null, 1, ['1'], { toString: 1, valueOf: 1 }, 'yesterday', '1e999'])(
    'leaves out a send time that is %j, which fails no batch that was committed',
    (junk) => {
      expect(loggedAge(junk, `${NOW - 3_000}`)).toBe(3);
    },
  );
});

test('what was changed is counted by reason, in the log line and as a metric for each', () => {
  const changedBy = { ip_port: 3, cut_locale: 1 };
  const printed = printedBy(() =>
    createTelemetry(() => NOW, 'test').batchDone({ deliveries: [], changedBy, unknownKeysDropped: 2 }, 1),
  );
  expect(printed.find(({ message }) => message === 'batch stored')).toMatchObject({ changedBy, unknownKeysDropped: 2 });
  const changed = printed
    .filter((line) => 'Changed' in line)
    .map(({ service, reason, Changed }) => [service, reason, Changed]);
  expect(changed).toEqual([
    ['test', 'ip_port', 3],
    ['test', 'cut_locale', 1],
  ]);
});

test('a constraint is named in the log line, and is no dimension of a metric', () => {
  const names = ['no_androids', 'no_apples'];
  const deliveries = names.map((name) => ({
    record: sqsRecord(VALID_BODY),
    outcome: { kind: 'rejected', reason: `refused 23514 ${name}` } as const,
  }));
  const printed = printedBy(() =>
    createTelemetry(() => NOW, 'test').batchDone({ deliveries, changedBy: {}, unknownKeysDropped: 0 }, 1),
  );
  expect(printed.find(({ message }) => message === 'batch not stored in full')).toMatchObject({
    rejectedBy: { 'refused 23514 no_androids': 1, 'refused 23514 no_apples': 1 },
    failures: names.map((name) => ({ reason: `refused 23514 ${name}` })),
  });
  const byReason = printed.filter((line) => 'Rejected' in line && 'reason' in line);
  expect(byReason).toMatchObject([{ reason: 'refused 23514', Rejected: 2 }]);
});
