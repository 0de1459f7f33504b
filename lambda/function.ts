import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type BatchResult, type Delivery, failedMessageIds, processBatch } from './batch/process-batch.ts';
import { type Config, readConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { MalformedEventError, safeError } from './errors.ts';
import { deriveFieldKeys } from './masking/field-keys.ts';
import { createMasker, type Masker } from './masking/masker.ts';
import { createVisibility, type Visibility } from './queue/visibility.ts';
import { createStore, type Store } from './store/store.ts';
import { createTelemetry } from './telemetry/telemetry.ts';

export type Handler = (event: SQSEvent, context?: Context) => Promise<SQSBatchResponse>;

interface Parts {
  masker: Masker;
  store: Store;
  visibility: Visibility | null;
}

/**
 * Wires one function environment. Settings are read by the first invocation, so that a wrong one fails every batch
 * loudly instead of an import; key and connection are then kept.
 *
 * @param observe told the outcome of every delivery, for a runner that reports more than Lambda's response can
 * @returns throws only what `errors.ts` lists, and then nothing of the batch was reported as a success
 */
export function createHandler(env: Environment, observe?: (result: BatchResult) => void): Handler {
  const telemetry = createTelemetry(Date.now);
  let parts: Parts | undefined;

  async function handle(event: SQSEvent): Promise<SQSBatchResponse> {
    const startedAt = performance.now();
    parts ??= assemble(readConfig(env));
    if (!Array.isArray(event?.Records)) throw new MalformedEventError('The event has no Records: it is not from SQS.');
    const { masker, store, visibility } = parts;
    const result = await processBatch(event.Records, { masker, write: store.write, now: Date.now });
    telemetry.batchDone(result, Math.round(performance.now() - startedAt));
    const stillHidden = (await visibility?.makeVisibleNow(rejectedHandles(result.deliveries))) ?? 0;
    if (stillHidden > 0) telemetry.visibilityNotSet(stillHidden);
    observe?.(result);
    return { batchItemFailures: failedMessageIds(result.deliveries).map((itemIdentifier) => ({ itemIdentifier })) };
  }

  return async (event, context) => {
    telemetry.use(context);
    try {
      return await handle(event);
    } catch (fault) {
      const error = safeError(fault);
      telemetry.batchFailed(error);
      throw error;
    }
  };
}

function assemble(config: Config): Parts {
  const masker = createMasker(config.maskKeyId, deriveFieldKeys(config.masterKey));
  return {
    masker,
    store: createStore({ databaseUrl: config.databaseUrl, key: masker }),
    visibility: config.queueUrl ? createVisibility(config.queueUrl) : null,
  };
}

function rejectedHandles(deliveries: readonly Delivery[]): string[] {
  return deliveries.filter(({ outcome }) => outcome.kind === 'rejected').map(({ record }) => record.receiptHandle);
}
