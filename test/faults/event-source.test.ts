import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { OTHER_FAULTS } from './support/faults.ts';
import { runScenario } from './support/scenario.ts';

/** What was received and not deleted comes again after so long. */
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
      felt: ({ output }) => expect(output.counts().duplicate).toBeGreaterThan(0),
    },
    context,
  );
});

test('the event source is cut off again and again, so that messages are given to nobody', async (context) => {
  const seen = new Set<string>();
  let givenToNobody = 0;
  const onDelivery = ({ messageId, attributes }: SQSRecord) => {
    if (!seen.has(messageId) && Number(attributes.ApproximateReceiveCount) > 1) givenToNobody++;
    seen.add(messageId);
  };
  await runScenario(
    {
      name: context.task.name,
      messages: 600,
      system: { ...PATIENT, onDelivery },
      async faults({ source }, random) {
        // Answers that are on their way for long are lost more often.
        source.be({ delayMs: 100 });
        for (let i = 0; i < 10 || (givenToNobody === 0 && i < 100); i++) {
          await sleep(random.between(100, 400));
          source.cut();
        }
        source.be('fair');
      },
      felt: () => expect(givenToNobody).toBeGreaterThan(0),
    },
    context,
  );
});
