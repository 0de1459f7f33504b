import { expect, test } from 'vitest';
import type { Outcome } from '../../lambda/batch/outcome.ts';
import { tally } from '../../lambda/batch/tally.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

function tallyOf(...outcomes: Outcome[]) {
  return tally(outcomes.map((outcome) => ({ record: sqsRecord(VALID_BODY), outcome })));
}

test('nothing received is nothing counted', () => {
  expect(tallyOf()).toEqual({
    received: 0,
    stored: 0,
    duplicate: 0,
    rejected: 0,
    rejectedAgain: 0,
    retried: 0,
    rejectedBy: {},
    retriedBy: {},
  });
});

test('every outcome is counted once, failures also by reason', () => {
  const counts = tallyOf(
    { kind: 'stored' },
    { kind: 'rejected', reason: 'missing ip' },
    { kind: 'retry', reason: 'database 57P01' },
    { kind: 'stored' },
    { kind: 'duplicate' },
    { kind: 'rejected', reason: 'not_json' },
    { kind: 'rejected', reason: 'missing ip' },
    { kind: 'stored' },
    { kind: 'retry', reason: 'unclassified P0001' },
    { kind: 'rejected', reason: 'refused 23514' },
  );
  expect(counts).toEqual({
    received: 10,
    stored: 3,
    duplicate: 1,
    rejected: 4,
    rejectedAgain: 0,
    retried: 2,
    rejectedBy: { 'missing ip': 2, not_json: 1, 'refused 23514': 1 },
    retriedBy: { 'database 57P01': 1, 'unclassified P0001': 1 },
  });
  expect(counts.received).toBe(counts.stored + counts.duplicate + counts.rejected + counts.retried);
});

test('a record without attributes, which SQS does not send, is counted too', () => {
  const record = { ...sqsRecord(VALID_BODY), attributes: undefined as never };
  expect(tally([{ record, outcome: { kind: 'rejected', reason: 'not_json' } }])).toMatchObject({ rejectedAgain: 1 });
});

test('what is not rejected counts the same at any receive', () => {
  const record = sqsRecord(VALID_BODY);
  const again = { ...record, attributes: { ...record.attributes, ApproximateReceiveCount: '2' } };
  const outcomes: Outcome[] = [{ kind: 'stored' }, { kind: 'duplicate' }, { kind: 'retry', reason: 'database 57P01' }];
  expect(tally(outcomes.map((outcome) => ({ record: again, outcome })))).toMatchObject({
    stored: 1,
    duplicate: 1,
    retried: 1,
    rejectedAgain: 0,
  });
});

test('a message that is rejected again and again is counted as rejected once', () => {
  const record = sqsRecord(VALID_BODY);
  const deliveries = ['1', '2', '3'].map((ApproximateReceiveCount) => ({
    record: { ...record, attributes: { ...record.attributes, ApproximateReceiveCount } },
    outcome: { kind: 'rejected', reason: 'missing ip' } as const,
  }));
  expect(tally(deliveries)).toMatchObject({
    received: 3,
    rejected: 1,
    rejectedAgain: 2,
    rejectedBy: { 'missing ip': 1 },
  });
});
