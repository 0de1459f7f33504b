import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { queueDepth } from '../../localstack/embedded/sqs/queues.ts';
import { runScenario } from './support/scenario.ts';

/** A minute is a second here: waits of 1 s to 10 s stand for 30 s to 10 minutes, and together last as long as those. */
const OUTAGE_MS = 60_000;
/** 1 + 2 + 4 + 8 + 6 * 9 seconds, for the 70 minutes of twelve receives with the waits that are shipped. */
const RECEIVES = 11;
const TRIED_AGAIN_WITHIN_MS = 11_000;
/** Polling and the function itself are not scaled. */
const UNSCALED_MS = 2_000;
const WAITS = { RETRY_WAIT_SECONDS: '1', RETRY_WAIT_MAX_SECONDS: '10' };

test('the database is away for an hour, on a clock sixty times as fast', async (context) => {
  let endedAt = Infinity;
  const waiting = new Map<string, number | null>();
  await runScenario(
    {
      name: context.task.name,
      messages: 400,
      // Those could be dead letters before the outage, or be counted among what waits in it, as time has it.
      refused: 0,
      portions: 40,
      paceMs: 1_000,
      keepComing: false,
      system: {
        env: WAITS,
        maxReceiveCount: RECEIVES,
        visibilityTimeoutSeconds: 30,
        onDelivery({ messageId }) {
          const now = performance.now();
          if (now < endedAt) waiting.set(messageId, null);
          else if (waiting.get(messageId) === null) waiting.set(messageId, now - endedAt);
        },
      },
      async faults({ postgres, sqs, queueUrl, deadLetterQueueUrl, workload }) {
        await sleep(2_000);
        await postgres.kill();
        await sleep(OUTAGE_MS);
        // Poison, and nothing else, has gone its way meanwhile.
        const poison = Array.from({ length: workload.messages }, (_, i) => i).filter((i) => !workload.isValid(i));
        expect((await queueDepth(sqs, deadLetterQueueUrl)).visible).toBe(poison.length);
        expect((await queueDepth(sqs, queueUrl)).inFlight).toBeGreaterThan(0);
        await postgres.restart();
        endedAt = performance.now();
      },
      proveEffect({ output }) {
        const late = [...waiting.values()].filter((ms) => ms !== null && ms > TRIED_AGAIN_WITHIN_MS + UNSCALED_MS);
        expect(late).toEqual([]);
        expect(output.counts().retried).toBeGreaterThan(400);
      },
    },
    context,
  );
});
