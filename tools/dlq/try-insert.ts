import type { ClientBase } from 'pg';
import type { InsertOutcome, Outcome } from '../../lambda/batch/outcome.ts';
import type { PendingRows } from '../../lambda/batch/pending-rows.ts';
import { processBatch, type Writer } from '../../lambda/batch/process-batch.ts';
import { errorName, KeyMismatchError } from '../../lambda/errors.ts';
import type { Masker } from '../../lambda/masking/masker.ts';
import { readConfig } from '../../lambda/settings/config.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { classifyDatabaseError } from '../../lambda/store/connection/classify-error.ts';
import { checkKeys } from '../../lambda/store/connection/key-check.ts';
import { limitStatements } from '../../lambda/store/connection/session.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { insertRows } from '../../lambda/store/write/insert-rows.ts';
import { UserError } from '../cli/user-error.ts';
import { openMasker } from '../keys/open-masker.ts';
import { type Diagnose, type Diagnosis, diagnoseByChecks } from './diagnose.ts';

/** What a statement gets after one that failed. */
const IN_FAILED_TRANSACTION = '25P02';
/** A lock that somebody holds must not keep the messages hidden. */
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * Judges by the checks and by the database: each message goes the function's way into it, in a transaction that is
 * rolled back.
 *
 * @throws UserError, ConfigError or KeyMismatchError if the database cannot be asked
 */
export async function withTryInsert<T>(env: Environment, work: (diagnose: Diagnose) => Promise<T>): Promise<T> {
  const { database } = readConfig(env);
  // There is a key: without one the settings would be wrong.
  const masker = (await openMasker(env)) as Masker;
  let isOpen = false;
  try {
    return await withClient(database, async (client) => {
      await rolledBack(client, () => checkKeys(client, masker.checks));
      isOpen = true;
      const insert = (rows: PendingRows) => rolledBack(client, () => tryInsert(client, rows));
      const writer: Writer = { masker, insert, classify: classifyDatabaseError };
      return work(async (record) => {
        const { deliveries } = await processBatch([record], { ...writer, now: Date.now });
        const diagnosis = verdictOn(deliveries[0]?.outcome as Outcome);
        return { ...diagnosis, checked: (await diagnoseByChecks(record)).reason };
      });
    });
  } catch (error) {
    if (isOpen || error instanceof KeyMismatchError) throw error;
    throw cannotBeAsked(classifyDatabaseError(error)?.code ?? errorName(error));
  }
}

function cannotBeAsked(code: string): UserError {
  return new UserError(`The database cannot be asked (${code}).`);
}

function verdictOn(outcome: Outcome): Diagnosis {
  if (outcome.kind === 'stored') return { reason: 'would be stored', isBad: false };
  if (outcome.kind === 'duplicate') return { reason: 'stored before', isBad: false };
  // This says nothing about the message, and a redrive must not send what nobody has checked.
  const outage = /^database (.*)/.exec(outcome.reason)?.[1];
  if (outage !== undefined) throw cannotBeAsked(outage);
  return { reason: outcome.reason, isBad: outcome.kind === 'rejected' };
}

async function tryInsert(client: ClientBase, rows: PendingRows): Promise<InsertOutcome[]> {
  try {
    const outcomes = await insertRows(client, rows);
    // What the database would check at commit, which never comes.
    await client.query('set constraints all immediate');
    return outcomes;
  } catch (error) {
    // The ledger refused what it knows; the statement that `insertRows` tries then cannot run in this transaction.
    if ((error as { code?: string }).code !== IN_FAILED_TRANSACTION) throw error;
    return rows.keys.map(() => ({ kind: 'duplicate' }));
  }
}

async function rolledBack<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(`begin; ${limitStatements(STATEMENT_TIMEOUT_MS)}`);
  try {
    return await work();
  } finally {
    // If this fails the connection is gone, and the first error says so.
    await client.query('rollback').catch(() => {});
  }
}
