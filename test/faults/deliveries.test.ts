import type { SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import type { Random } from '../support/random.ts';
import { runScenario, type Scenario } from './support/scenario.ts';

/** What SQS never sends. The handler may throw only where it cannot name the message, and then nothing counts as done. */
const MANGLES: readonly ((records: readonly SQSRecord[]) => unknown)[] = [
  () => ({}),
  () => ({ Records: null }),
  ([first, ...rest]) => ({ Records: [{ ...first, messageId: undefined }, ...rest] }),
  (records) => ({ Records: [...records, null] }),
  ([first, ...rest]) => ({ Records: [{ messageId: first?.messageId }, ...rest] }),
  ([first, ...rest]) => ({ Records: [{ ...first, attributes: null }, ...rest] }),
  ([first, ...rest]) => ({ Records: [{ ...first, body: 17 }, ...rest] }),
  ([first, ...rest]) => ({ Records: [{ ...first, messageAttributes: { origin_message_id: 'none' } }, ...rest] }),
  ([first, ...rest]) => ({ Records: [{ ...first, receiptHandle: 'no such handle' }, ...rest] }),
];

const mangle = (records: readonly SQSRecord[], random: Random) =>
  random.chance(0.3) ? random.pick(MANGLES)(records) : { Records: records };

/** Nothing is lost on the way here, so every row must have been told. */
const QUIET = { commitsMayGoUnseen: false, functionTimeoutMs: 60_000 };

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'every message is delivered one to five times, in any order, to eight functions at once',
    messages: 1_000,
    portions: 4,
    system: { workers: 8, copies: 5, batchSize: 250, functionTimeoutMs: 30_000, visibilityTimeoutSeconds: 10 },
    proveEffect({ output }) {
      expect(output.counts().duplicate).toBeGreaterThan(500);
      // Everybody locks the ledger's keys in one order.
      expect(Object.keys(output.reasons())).not.toContain('database 40P01');
    },
  },
  {
    name: 'old messages keep coming again beside new ones',
    messages: 1_000,
    system: { workers: 4, redeliver: 0.2, ...QUIET },
    proveEffect: ({ output }) => expect(output.counts().duplicate).toBeGreaterThan(100),
  },
  {
    name: 'records are malformed on their way',
    messages: 500,
    poison: 0.02,
    system: { mangle, visibilityTimeoutSeconds: 1, maxReceiveCount: 30, batchSize: 40 },
    proveEffect: ({ output }) => expect(output.counts().failed).toBeGreaterThan(0),
  },
  ...[0, 0.01, 0.5, 1].map(
    (poison): Scenario => ({
      name: `${poison * 100} % of the messages can never become a row`,
      messages: 600,
      poison,
      portions: 4,
      system: { ...QUIET, maxReceiveCount: 5 },
    }),
  ),
];

for (const scenario of SCENARIOS) test(scenario.name, (context) => runScenario(scenario, context));
