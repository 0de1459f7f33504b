import { expect, test } from 'vitest';
import { TEST_MASK_KEY } from '../support/function.ts';
import { KMS_KEY, type Kms, startKms } from '../support/kms.ts';
import { OTHER_FAULTS, until, untilReported } from './support/faults.ts';
import { runScenario, type Scenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

/** The keys come from KMS, in the place of the one that the system makes. */
async function withKms(scenario: Omit<Scenario, 'system' | 'faults'>, ill: Ill) {
  const kms = await startKms(TEST_MASK_KEY);
  const env = { MASK_KEY: '', MASK_KMS_KEY: KMS_KEY, AWS_ENDPOINT_URL_KMS: kms.endpoint };
  return {
    ...scenario,
    fromTheStart: true,
    system: { env, functionTimeoutMs: 25_000 },
    faults: (system: System) => ill(kms, system),
  };
}
type Ill = (kms: Kms, system: System) => Promise<void>;

const KMS_SCENARIOS: readonly [string, Ill][] = [
  [
    'KMS is down when the function starts',
    async (kms, system) => {
      await kms.setMode('refuse');
      await untilReported(system, /kms/);
      await kms.setMode('up');
    },
  ],
  [
    'KMS does not answer when the function starts',
    async (kms, system) => {
      await kms.setMode('hang');
      await untilReported(system, /kms/);
      await kms.setMode('up');
    },
  ],
  [
    'KMS takes two seconds for an answer',
    async (kms) => {
      kms.slowDown(2_000);
      await until(() => kms.answered() > 0, 'a slow answer');
    },
  ],
  [
    'KMS throttles, and then says that it has an error of its own',
    async (kms, system) => {
      kms.failWith({ error: 'ThrottlingException' });
      await untilReported(system, /kms Throttling/);
      kms.failWith({ error: 'KMSInternalException', status: 500 });
      await untilReported(system, /kms KMSInternal/);
      kms.failWith(null);
    },
  ],
];

for (const [name, ill] of KMS_SCENARIOS) {
  test(name, async (context) => {
    await runScenario(await withKms({ name, messages: 300 }, ill), context);
  });
}

const untilNotSet = ({ output }: System) => until(() => output.visibilityNotSet() > 0, 'a visibility not set');

const QUEUE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'the function cannot reach SQS, so that messages wait for the timeout of the queue',
    messages: 300,
    poison: 0.2,
    system: { visibilityTimeoutSeconds: 1, maxReceiveCount: 5 },
    faults: (system, random) => OTHER_FAULTS.queueDown(system, () => untilNotSet(system), random),
  },
  {
    name: 'SQS is slow to say when messages come again',
    messages: 300,
    poison: 0.2,
    system: { visibilityTimeoutSeconds: 2 },
    async faults(system, random) {
      for (let i = 0; i < 3; i++) await OTHER_FAULTS.queueSlow(system, 1_000, random);
    },
    proveEffect: ({ queue }) => expect(queue.happened()).toBeGreaterThan(0),
  },
  {
    name: 'SQS does not answer the function at all',
    messages: 200,
    poison: 0.2,
    system: { visibilityTimeoutSeconds: 2, maxReceiveCount: 5, functionTimeoutMs: 25_000 },
    async faults(system) {
      system.queue.setMode('swallow');
      await untilNotSet(system);
      system.queue.setMode('normal');
    },
  },
];

for (const scenario of QUEUE_SCENARIOS) test(scenario.name, (context) => runScenario(scenario, context));
