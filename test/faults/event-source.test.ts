import { EventEmitter, once } from 'node:events';
import type { SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { OTHER_FAULTS, until } from './support/faults.ts';
import { runScenario } from './support/scenario.ts';

/** What was received and not deleted comes again after this time. */
const PATIENT = { visibilityTimeoutSeconds: 2, maxReceiveCount: 20 };

test('the event source cannot delete what was stored, so that it comes again', async (context) => {
  const deliveries = new EventEmitter();
  await runScenario(
    {
      name: context.task.name,
      messages: 600,
      paceMs: 300,
      system: { ...PATIENT, onDelivery: () => deliveries.emit('delivery') },
      async faults(system, random) {
        for (let i = 0; i < 3; i++) {
          await once(deliveries, 'delivery');
          await OTHER_FAULTS.sourceDown(system, 1_500, random);
        }
      },
      proveEffect: ({ output }) => expect(output.counts().duplicate).toBeGreaterThan(0),
    },
    context,
  );
});

test('what the event source receives is lost on the way, so that nobody gets the messages', async (context) => {
  const seen = new Set<string>();
  let firstSeenLate = 0;
  const onDelivery = ({ messageId, attributes }: SQSRecord) => {
    if (!seen.has(messageId) && Number(attributes.ApproximateReceiveCount) > 1) firstSeenLate++;
    seen.add(messageId);
  };
  await runScenario(
    {
      name: context.task.name,
      messages: 600,
      system: { ...PATIENT, onDelivery },
      async faults({ source }) {
        for (let i = 1; i <= 6; i++) {
          source.loseNextMessages();
          await until(() => source.happened() === i, 'a receive');
        }
      },
      proveEffect: () => expect(firstSeenLate).toBeGreaterThan(0),
    },
    context,
  );
});
