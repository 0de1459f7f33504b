import type { Context } from 'aws-lambda';
import { createHandler } from '../../lambda/create-handler.ts';
import { ENV } from '../../lambda/settings/environment.ts';
import { sqsEvent } from '../support/records.ts';
import type { Contestant } from './contestant.ts';

/** (c) The handler as Lambda calls it, with ledger, log line and metrics. */
export function createHandlerPath(databaseUrl: string, masterKey: Uint8Array): Contestant {
  const maskKey = `hex:${Buffer.from(masterKey).toString('hex')}`;
  const handler = createHandler({ [ENV.databaseUrl]: databaseUrl, [ENV.maskKey]: maskKey });
  return {
    id: 'handler',
    async write(records) {
      const { batchItemFailures } = await handler(sqsEvent([...records]), CONTEXT);
      if (batchItemFailures.length > 0) {
        throw new Error(`The handler did not store ${batchItemFailures.length} of ${records.length} events.`);
      }
    },
  };
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
