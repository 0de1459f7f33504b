import { parentPort } from 'node:worker_threads';
import type { Context, SQSEvent } from 'aws-lambda';
import { createHandler } from '../../../lambda/create-handler.ts';
import type { BatchReport } from '../../../tools/event-source/run-counts.ts';
import type { Invocation, InvocationResult } from './function-environment.ts';

/** The other side of `FunctionEnvironment`: what Lambda's runtime is to the handler. */
const NOTHING: BatchReport = { deliveries: [], changedBy: {} };
let report = NOTHING;
const handler = createHandler(process.env, (result) => {
  const deliveries = result.deliveries.map(({ record, outcome }) => ({ messageId: record.messageId, outcome }));
  report = { deliveries, changedBy: result.changedBy };
});

parentPort?.on('message', async ({ event, requestId, deadline }: Invocation) => {
  const given = await answer(event, lambdaContext(requestId, deadline));
  // What a thread has printed and not yet handed over is lost when it is ended.
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  parentPort?.postMessage(given);
});

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write('', () => done()));
}

async function answer(event: SQSEvent, context: Context): Promise<InvocationResult> {
  report = NOTHING;
  try {
    const response = JSON.stringify(await handler(event, context));
    return { ok: true, response, report };
  } catch (error) {
    const { name, message } =
      error instanceof Error ? error : { name: 'Error', message: 'the function threw no error' };
    return { ok: false, name, message };
  }
}

function lambdaContext(awsRequestId: string, deadline: number): Context {
  const functionName = 'login-etl-local';
  return {
    awsRequestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '512',
    logGroupName: functionName,
    logStreamName: functionName,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done() {},
    fail() {},
    succeed() {},
  };
}
