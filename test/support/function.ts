import type { SQSRecord } from 'aws-lambda';
import type { Delivery } from '../../lambda/batch/process-batch.ts';
import { createHandler } from '../../lambda/create-handler.ts';
import { sqsEvent } from './records.ts';

/** Random bytes, drawn once, which no deployment uses. Most tests need no layer key of their own. */
export const TEST_MASK_KEY = 'hex:9d1f7c3ab2e84650b7c91d2e3f4a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c';
export const TEST_LAYER_KEY = 'hex:b46a0f83c1d95e27704be8a2963cd15f08e7b3194d62aa5c9f10c8d73e2b4f61';

/** The one that a rotation goes to. */
export const TEST_NEXT_LAYER_KEY = 'hex:5e1c9a37f06b28d4917ae3c05fb46d82c8307f15b9ea64d29305ce7718af6b40';

export interface TestFunction {
  /** Ids reported as failed, and what became of each delivery, as in `stored` or `rejected missing ip`. */
  invoke(records: SQSRecord[]): Promise<{ failed: string[]; outcomes: string[] }>;
}

/** A function environment as Lambda would start one. */
export function createFunction(databaseUrl: string, env: Record<string, string> = {}): TestFunction {
  let deliveries: readonly Delivery[] = [];
  const handler = createHandler({ DATABASE_URL: databaseUrl, MASK_KEY: TEST_MASK_KEY, ...env }, (result) => {
    deliveries = result.deliveries;
  });
  return {
    async invoke(records) {
      const { batchItemFailures } = await handler(sqsEvent(records));
      return {
        failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
        outcomes: deliveries.map(({ outcome }) =>
          'reason' in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind,
        ),
      };
    },
  };
}
