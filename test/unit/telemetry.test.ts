import { describe, expect, test, vi } from 'vitest';
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
  createTelemetry(() => NOW, 'test').batchDone({ deliveries, unknownKeysDropped: 0, nonIpTextsMasked: 0 }, 1);
  const line = String(log.mock.calls.at(-1)?.[0]);
  log.mockRestore();
  return JSON.parse(line).oldestEventAgeSeconds;
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
