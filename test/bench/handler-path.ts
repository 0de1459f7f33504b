import type { Context, SQSRecord } from 'aws-lambda';
import { createHandler } from '../../lambda/create-handler.ts';
import { ENV } from '../../lambda/settings/environment.ts';
import { sqsEvent } from '../support/records.ts';
import type { Contestant } from './contestant.ts';
import { REFUSED } from './databases.ts';
import type { ContestantId } from './plan.ts';

type Invoke = (records: readonly SQSRecord[], expectedFailures: number) => Promise<void>;

/** (c) The handler as Lambda calls it, with ledger, log line and metrics; and batches in which something is amiss. */
export function createHandlerPath(database: ContestantId, databaseUrl: string, masterKey: Uint8Array) {
  const invoke = createInvoke(databaseUrl, masterKey);
  const clean: Contestant = {
    id: database,
    database,
    prepare: async (records) => () => invoke(records, 0),
  };
  const oneKnown: Contestant = {
    id: 'one-known',
    database,
    async prepare(records) {
      await invoke([records[middle(records)] as SQSRecord], 0);
      return () => invoke(records, 0);
    },
  };
  const allKnown: Contestant = {
    id: 'all-known',
    database,
    async prepare(records) {
      await invoke(records, 0);
      return () => invoke(records, 0);
    },
  };
  const oneRefused: Contestant = {
    id: 'one-refused',
    database,
    prepare: async (records) => () => invoke(records.with(middle(records), refusedRecord(records)), 1),
  };
  return { clean, oneKnown, allKnown, oneRefused };
}

function createInvoke(databaseUrl: string, masterKey: Uint8Array): Invoke {
  const maskKey = `hex:${Buffer.from(masterKey).toString('hex')}`;
  const handler = createHandler({ [ENV.databaseUrl]: databaseUrl, [ENV.maskKey]: maskKey });
  return async (records, expectedFailures) => {
    const { batchItemFailures } = await handler(sqsEvent([...records]), CONTEXT);
    if (batchItemFailures.length !== expectedFailures) {
      throw new Error(`The handler did not store ${batchItemFailures.length} of ${records.length} events.`);
    }
  };
}

/** Not at either end, where a search by halves would be the quickest. */
function middle(records: readonly SQSRecord[]): number {
  return Math.floor(records.length * 0.6);
}

function refusedRecord(records: readonly SQSRecord[]): SQSRecord {
  const record = records[middle(records)] as SQSRecord;
  return { ...record, body: JSON.stringify({ ...JSON.parse(record.body), device_type: REFUSED }) };
}

/** Its values stand in every log line, as on AWS. */
const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'login-etl-bench',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:login-etl-bench',
  memoryLimitInMB: '512',
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  logGroupName: '/aws/lambda/login-etl-bench',
  logStreamName: 'bench',
  getRemainingTimeInMillis: () => 60_000,
  done() {},
  fail() {},
  succeed() {},
};
