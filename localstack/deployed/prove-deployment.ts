import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ClientBase } from 'pg';
import type { Masker } from '../../lambda/masking/masker.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { readMaskingState } from '../../lambda/store/write/mask-guard.ts';
import { UserError } from '../../tools/cli/user-error.ts';

export interface Proof {
  sqs: SQSClient;
  queueUrl: string;
  /** As this machine sees it, of a role that may delete. */
  databaseUrl: string;
  /** Whose pseudonyms the row has to have. */
  masker: Masker;
  /** A function that has not run yet starts slowly, and applies the migrations first. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
const POLL_MS = 250;
/** Of the range that RFC 5737 keeps for documentation. */
const IP = '192.0.2.1';
const NO_TABLE = '42P01';

/**
 * Sends one event, waits for its row, and removes row and ledger entry.
 *
 * @throws UserError if no row comes, or one with other pseudonyms
 */
export async function proveDeployment(proof: Proof): Promise<void> {
  const userId = `login-etl-proof-${randomUUID()}`;
  const MessageBody = JSON.stringify({
    user_id: userId,
    app_version: '1.0.0',
    device_type: 'proof',
    ip: IP,
    device_id: null,
  });
  const { MessageId = '' } = await proof.sqs.send(new SendMessageCommand({ QueueUrl: proof.queueUrl, MessageBody }));
  await withClient(proof.databaseUrl, async (client) => {
    const maskedIp = await rowOf(client, userId, proof.timeoutMs ?? TIMEOUT_MS);
    await remove(client, userId, MessageId);
    const state = await readMaskingState(client, proof.masker.kids);
    const [expected] = proof.masker.mask([{ key: 'ip', text: IP }], state);
    if (maskedIp === expected) return;
    throw new UserError(
      'The function is deployed and stores rows, but under another key than the settings give: take it down ' +
        '(npx login-etl destroy --stage localstack), and deploy it again.',
    );
  });
}

/** @returns the pseudonym of its ip */
async function rowOf(client: ClientBase, userId: string, timeoutMs: number): Promise<string> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const { rows } = await client
      .query<{ masked_ip: string }>('select masked_ip from user_logins where user_id = $1', [userId])
      .catch((error) => {
        // The function applies the migrations before its first batch.
        if (error.code === NO_TABLE) return { rows: [] };
        throw error;
      });
    if (rows[0]) return rows[0].masked_ip;
    if (performance.now() > until) {
      throw new UserError(
        `The function is deployed, but an event did not become a row of DATABASE_URL within ${timeoutMs / 1_000} s. ` +
          'FUNCTION_DATABASE_URL must be the same Postgres as the function sees it; the log of the function says more. ' +
          `A row that comes later has the user_id ${userId}.`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** An hour is much longer than the event can have been on its way. */
async function remove(client: ClientBase, userId: string, messageId: string): Promise<void> {
  await client.query('begin');
  await client.query('delete from user_logins where user_id = $1', [userId]);
  await client.query(`delete from ingest_ledger where sent_at > now() - interval '1 hour' and message_id = $1::uuid`, [
    messageId,
  ]);
  await client.query('commit');
}
