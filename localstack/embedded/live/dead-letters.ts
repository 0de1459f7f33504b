import type { SQSRecord } from 'aws-lambda';
import type { Masker } from '../../../lambda/masking/masker.ts';
import { attributesOf, type DeadLetterQueue } from '../../../tools/dlq/dead-letter-queue.ts';
import { diagnoseByChecks } from '../../../tools/dlq/diagnose.ts';
import { type Lease, withLease } from '../../../tools/dlq/lease.ts';
import { type MaskedView, maskedView } from '../../../tools/dlq/masked-view.ts';
import { sendBack, withOrigin } from '../../../tools/dlq/send-back.ts';
import type { Pipeline } from '../pipeline.ts';

export interface DeadLetter extends MaskedView {
  reason: string;
}

/** As many as a page shows. */
const MOST = 50;
/** Nobody else can take them meanwhile; a look takes milliseconds. */
const TIMING = { hideSeconds: 10, waitSeconds: 0 };

type Places = Pick<Pipeline, 'sqs' | 'queueUrl' | 'deadLetterQueueUrl'>;

/** Some of the dead letters, as anybody may see them. */
export async function readDeadLetters(at: Places, masker: Masker | null): Promise<DeadLetter[]> {
  return leased(at, async (lease) => {
    const found: DeadLetter[] = [];
    for await (const record of lease.messages()) {
      found.push({ ...maskedView(record, masker), reason: (await diagnoseByChecks(record)).reason });
      if (found.length === MOST) break;
    }
    return found.sort((a, b) => `${b.sentAt}${b.id}`.localeCompare(`${a.sentAt}${a.id}`));
  });
}

/**
 * Sends one back to the queue that it came from, under its first id, so that it cannot be stored twice.
 *
 * @returns null, or why not
 */
export async function redriveOne(at: Places, id: string): Promise<string | null> {
  return leased(at, async (lease) => {
    for await (const record of lease.messages()) {
      if (record.messageId === id) return redrive(at, record, lease);
    }
    return 'This message is no longer in the dead-letter queue.';
  });
}

async function redrive(at: Places, record: SQSRecord, lease: Lease): Promise<string | null> {
  const refusal = await sendBack(at.sqs, at.queueUrl, withOrigin(record, false, Date.now()));
  if (refusal !== null) return `Not sent back: ${refusal}.`;
  const deleted = await lease.delete([record.messageId]);
  return deleted === 1
    ? null
    : 'Sent back, but still here. If it is sent again, the ledger knows its id: nothing is stored twice.';
}

async function leased<T>({ sqs, deadLetterQueueUrl: url }: Places, work: (lease: Lease) => Promise<T>): Promise<T> {
  const { QueueArn = '', ApproximateNumberOfMessages } = await attributesOf(sqs, url);
  const queue: DeadLetterQueue = { sqs, url, arn: QueueArn, visible: Number(ApproximateNumberOfMessages), hidden: 0 };
  const ignore = () => {};
  return withLease(
    queue,
    { stop: new AbortController().signal, onStillHidden: ignore, onUnseen: ignore, timing: TIMING },
    work,
  );
}
