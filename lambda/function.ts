import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import {
  type BatchResult,
  type Delivery,
  failedMessageIds,
  processBatch,
  type Writer,
  type WriterOrOutage,
} from './batch/process-batch.ts';
import { type Config, readConfig } from './config.ts';
import { ENV, type Environment } from './environment.ts';
import { MalformedEventError, safeError } from './errors.ts';
import { createKmsKeys, type KeysOrOutage } from './keys/kms-keys.ts';
import { deriveFieldKeys, type FieldKeys } from './masking/field-keys.ts';
import { createMasker, type Masker } from './masking/masker.ts';
import { createVisibility, type Visibility } from './queue/visibility.ts';
import { createStore } from './store/store.ts';
import { SERVICE } from './telemetry/metrics.ts';
import { createTelemetry } from './telemetry/telemetry.ts';

export type Handler = (event: SQSEvent, context?: Context) => Promise<SQSBatchResponse>;

interface Parts {
  writer(): Promise<WriterOrOutage>;
  visibility: Visibility | null;
}

/**
 * Wires one function environment. Settings are read by the first invocation, so that a wrong one fails every batch
 * loudly instead of an import; keys and connection are then kept.
 *
 * @param observe told the outcome of every delivery, for a runner that reports more than Lambda's response can
 * @returns throws only what `errors.ts` lists, and then nothing of the batch was reported as a success
 */
export function createHandler(env: Environment, observe?: (result: BatchResult) => void): Handler {
  const telemetry = createTelemetry(Date.now, env[ENV.service] || SERVICE);
  let parts: Parts | undefined;

  async function handle(event: SQSEvent): Promise<SQSBatchResponse> {
    const startedAt = performance.now();
    parts ??= assemble(readConfig(env));
    if (!Array.isArray(event?.Records)) throw new MalformedEventError('The event has no Records: it is not from SQS.');
    const { writer, visibility } = parts;
    const result = await processBatch(event.Records, { ...(await writer()), now: Date.now });
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
  return {
    writer: createWriterSource(config),
    visibility: config.queueUrl ? createVisibility(config.queueUrl) : null,
  };
}

/** The keys may come from afar, so the writer is made by the first batch that gets them. */
function createWriterSource({ database, maskKey, maskKeyId }: Config): () => Promise<WriterOrOutage> {
  const fieldKeys = 'master' in maskKey ? given(deriveFieldKeys(maskKey.master)) : createKmsKeys(maskKey.kmsKeyId);
  const openWriter = (masker: Masker): Writer => ({ masker, write: createStore({ database, key: masker }).write });
  let writer: Writer | undefined;
  return async () => {
    const answer = await fieldKeys();
    if ('outage' in answer) return answer;
    writer ??= openWriter(createMasker(maskKeyId, answer.keys));
    return writer;
  };
}

function given(keys: FieldKeys): () => Promise<KeysOrOutage> {
  return async () => ({ keys });
}

function rejectedHandles(deliveries: readonly Delivery[]): string[] {
  return deliveries.filter(({ outcome }) => outcome.kind === 'rejected').map(({ record }) => record.receiptHandle);
}
