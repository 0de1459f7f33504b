import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type BatchResult, failedMessageIds, processBatch, type WriterOrOutage } from './batch/process-batch.ts';
import { MalformedEventError, safeError } from './errors.ts';
import { createKeyRing } from './keys/open-keys.ts';
import { createVaultKey } from './keys/open-vault-key.ts';
import { createMasker, type Masker } from './masking/masker.ts';
import type { VaultKey } from './masking/vault/vault-key.ts';
import { nextTries } from './queue/next-tries.ts';
import { createVisibility, type NextTry } from './queue/visibility.ts';
import { type Config, readConfig } from './settings/config.ts';
import { ENV, type Environment } from './settings/environment.ts';
import type { DatabaseConfig } from './store/connection/database.ts';
import { createStore, type Store } from './store/store.ts';
import { SERVICE } from './telemetry/names.ts';
import { createTelemetry } from './telemetry/telemetry.ts';

export type Handler = (event: SQSEvent, context?: Context) => Promise<SQSBatchResponse>;

interface Parts {
  /** @param deadline on the clock of `performance.now`, when the write must have come to its end */
  writer(deadline: number): Promise<WriterOrOutage>;
  /** @returns how many messages' visibility could not be set by the deadline */
  scheduleNextTries(result: BatchResult, deadline: number): Promise<number>;
}

/** Reserved for setting the visibility of failed messages: two attempts of four seconds each, if SQS is slow. */
const HAND_BACK_MS = 8_000;
/** Reserved for answering: Lambda treats a timed-out invocation as failed, stored rows included. */
const ANSWER_MS = 1_000;

/**
 * Wires one function environment. Settings are read by the first invocation, so that a wrong one fails every batch
 * loudly instead of an import; keys and connection are then kept.
 *
 * @param observe called with the outcome of every delivery, for a runner that reports more than Lambda's response can
 * @returns throws only what `errors.ts` lists, and then nothing of the batch was reported as a success
 */
export function createHandler(env: Environment, observe?: (result: BatchResult) => void): Handler {
  const telemetry = createTelemetry(Date.now, env[ENV.service] || SERVICE);
  let parts: Parts | undefined;

  async function handle(event: SQSEvent, context: Context | undefined): Promise<SQSBatchResponse> {
    const startedAt = performance.now();
    const endsAt = startedAt + (context?.getRemainingTimeInMillis() ?? Infinity);
    parts ??= assemble(readConfig(env));
    if (!Array.isArray(event?.Records)) throw new MalformedEventError('The event has no Records: it is not from SQS.');
    const result = await processBatch(event.Records, { ...(await parts.writer(endsAt - HAND_BACK_MS)), now: Date.now });
    telemetry.batchDone(result, Math.round(performance.now() - startedAt));
    const notScheduled = await parts.scheduleNextTries(result, endsAt - ANSWER_MS);
    if (notScheduled > 0) telemetry.visibilityNotSet(notScheduled);
    observe?.(result);
    return { batchItemFailures: failedMessageIds(result.deliveries).map((itemIdentifier) => ({ itemIdentifier })) };
  }

  return async (event, context) => {
    telemetry.use(context);
    try {
      return await handle(event, context);
    } catch (thrown) {
      const error = safeError(thrown);
      telemetry.batchFailed(error);
      throw error;
    }
  };
}

function assemble(config: Config): Parts {
  const visibility = config.queueUrl ? createVisibility(config.queueUrl) : null;
  return {
    writer: createWriterSource(config),
    async scheduleNextTries({ deliveries }, deadline) {
      const tries: NextTry[] = visibility ? nextTries(deliveries, config.retryWaits, Math.random) : [];
      return visibility && tries.length > 0 ? visibility.schedule(tries, deadline) : 0;
    },
  };
}

/** The keys may have to be fetched from KMS, so the store is opened by the first batch that gets them. */
function createWriterSource({ database, keys, vault }: Config): Parts['writer'] {
  const openKeys = createKeyRing(keys);
  const openVaultKey = createVaultKey(vault);
  let open: { masker: Masker; store: Store } | undefined;
  return async (deadline) => {
    const answer = await openKeys();
    if ('outage' in answer) return answer;
    const sealing = await openVaultKey();
    if ('outage' in sealing) return sealing;
    open ??= openStore(database, createMasker(keys.kid, answer.keys), sealing.vaultKey);
    const { masker, store } = open;
    return { masker, insert: (rows) => store.insert(rows, deadline), classify: store.classify };
  };
}

function openStore(
  database: DatabaseConfig,
  masker: Masker,
  vaultKey: VaultKey | null,
): { masker: Masker; store: Store } {
  return { masker, store: createStore({ database, keyChecks: masker.checks, kids: masker.kids, vaultKey }) };
}
