import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../../../localstack/embedded/sqs/queues.ts';
import type { History } from './check-history.ts';
import type { KillablePostgres } from './killable-postgres.ts';
import type { Output } from './output.ts';
import { CANARY, indexOf, type Workload } from './workload.ts';

export interface Remains {
  workload: Workload;
  postgres: KillablePostgres;
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  output: Output;
  /** Batches whose answer named other messages than their outcomes did. */
  wrongAnswers: number;
  commitsMayGoUnseen: boolean;
}

/** How many messages are looked up at once: a million rows need not be in memory. */
const CHUNK = 50_000;
const RECEIVES_AT_ONCE = 8;
const HIDDEN_SECONDS = 3_600;
const ROW_CONTENT = 'json_build_array(user_id, device_type, masked_ip, masked_device_id, locale, app_version)';

/** Looks at everything a run has left behind. Empties the dead-letter queue, since each letter is to be seen once. */
export async function collectHistory(remains: Remains): Promise<History> {
  const { workload, postgres, output } = remains;
  const rows = new Uint8Array(workload.messages);
  const dead = new Uint8Array(workload.messages);
  const unexpected = (await countRows(remains, rows)) + (await countDeadLetters(remains, dead));
  const [ledger] = await postgres.query<{ count: number }>('select count(*)::int from ingest_ledger');
  return {
    workload,
    rows,
    dead,
    unexpected,
    ledgerEntries: Number(ledger?.count),
    pending: await queueDepth(remains.sqs, remains.queueUrl),
    leaks: output.leaks() + (CANARY.test(postgres.log()) ? 1 : 0) + (await countRawRows(postgres)),
    unbalanced: output.unbalanced() + remains.wrongAnswers,
    counts: { ...output.counts() },
    commitsMayGoUnseen: remains.commitsMayGoUnseen,
  };
}

/** @returns how many rows are of no message, or not what their message says */
async function countRows({ workload, postgres }: Remains, rows: Uint8Array): Promise<number> {
  let known = 0;
  for (let from = 0; from < rows.length; from += CHUNK) {
    const found = await postgres.query<{ index: number; content: unknown }>(
      `select index, ${ROW_CONTENT} as content
       from (select case when user_id ~ '^u-[0-9]{1,9};$' then substr(user_id, 3, length(user_id) - 3)::int end as index,
                    user_logins.* from user_logins) as logins
       where index between $1 and $2`,
      [from, Math.min(rows.length, from + CHUNK) - 1],
    );
    for (const { index, content } of found) {
      if (JSON.stringify(content) !== JSON.stringify(workload.rowOf(index))) continue;
      rows[index] = Math.min(Number(rows[index]) + 1, 255);
      known++;
    }
  }
  const [all] = await postgres.query<{ count: number }>('select count(*)::int from user_logins');
  return Number(all?.count) - known;
}

async function countRawRows(postgres: KillablePostgres): Promise<number> {
  const [raw] = await postgres.query<{ count: number }>(
    'select count(*)::int from user_logins where user_logins::text ~* $1',
    [CANARY.source],
  );
  return Number(raw?.count);
}

/** @returns how many letters are not what was sent */
async function countDeadLetters({ workload, sqs, deadLetterQueueUrl }: Remains, dead: Uint8Array): Promise<number> {
  let unexpected = 0;
  const receive = async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl: deadLetterQueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: HIDDEN_SECONDS,
    });
    const { Messages = [] } = await sqs.send(command);
    for (const { Body = '' } of Messages) {
      const index = indexOf(Body);
      if (index === null || index >= dead.length || Body !== workload.bodyOf(index)) unexpected++;
      else dead[index] = Math.min(Number(dead[index]) + 1, 255);
    }
    if (Messages.length === 0) return 0;
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: deadLetterQueueUrl, Entries }));
    return Messages.length;
  };
  for (let more = true; more; ) {
    const received = await Promise.all(Array.from({ length: RECEIVES_AT_ONCE }, receive));
    more = received.some((count) => count > 0);
  }
  return unexpected;
}
