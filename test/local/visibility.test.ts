import { expect, test } from 'vitest';
import { createVisibility } from '../../lambda/queue/visibility.ts';
import { startAwsServer, stubAwsEnvironment } from '../support/aws-server.ts';

test('a queue that begins an answer and does not end it costs seconds, and says how many messages wait for its own timeout', async () => {
  const queue = await startAwsServer(() => ({ output: {} }));
  await queue.be('stall');
  stubAwsEnvironment();
  const startedAt = performance.now();
  expect(await createVisibility(`${queue.endpoint}/000000000000/q`).makeVisibleNow(['one', 'two'])).toBe(2);
  expect(performance.now() - startedAt).toBeLessThan(9_000);
});
