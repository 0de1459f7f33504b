import type { SQSRecord } from 'aws-lambda';
import { hasReason } from './diagnose.ts';
import type { Lease } from './lease.ts';
import type { QueueCommandLine } from './queue-command.ts';
import { withOrigin } from './send-back.ts';
import { epochOf } from './sent-at.ts';

/** A message that was sent back returns here if it is rejected again; without this a run might never end. */
export const CAME_MEANWHILE = 'came while this ran';

/** A message to send, why one is left, or the reason of one that was not asked for. */
export type Choice = { record: SQSRecord } | { left: string } | { other: string };

/** Goes through the messages until as many are chosen as were asked for. */
export async function* choose(lease: Lease, { options, diagnose }: Pick<QueueCommandLine, 'options' | 'diagnose'>) {
  const startedAt = Date.now();
  let chosen = 0;
  for await (const record of lease.messages()) {
    const found = await diagnose(record);
    if (!hasReason(found, options.reason)) {
      yield { other: found.reason };
      continue;
    }
    const outgoing = withOrigin(record, options.asNew, Date.now());
    const diagnosis = await diagnose(outgoing);
    let choice: Choice = { record: outgoing };
    if (epochOf(record) >= startedAt) choice = { left: CAME_MEANWHILE };
    else if (diagnosis.isBad && !options.force) choice = { left: diagnosis.reason };
    yield choice;
    if ('record' in choice && ++chosen === options.limit) return;
  }
}
