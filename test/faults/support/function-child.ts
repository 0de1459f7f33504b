import type { Context } from 'aws-lambda';
import { createHandler } from '../../../lambda/create-handler.ts';
import type { ChildAnswer, ChildCall } from './function-process.ts';

/** The other side of `FunctionProcess`. What it prints goes the way of its standard output, as on AWS. */
let outcomes: ChildAnswer['outcomes'] = [];
const handler = createHandler(process.env, ({ deliveries }) => {
  outcomes = deliveries.map(({ record, outcome }) => [record.messageId, outcome.kind]);
});

process.on('message', async ({ event, deadline, requestId, diesBeforeAnswer }: ChildCall) => {
  outcomes = [];
  const context = { awsRequestId: requestId, getRemainingTimeInMillis: () => deadline - Date.now() } as Context;
  const answer = await handler(event, context).then(
    (response): ChildAnswer => ({ response: JSON.stringify(response), outcomes }),
    (error: Error): ChildAnswer => ({ error: `${error.name}: ${error.message} ${error.stack}`, outcomes: [] }),
  );
  if (diesBeforeAnswer) process.kill(process.pid, 'SIGKILL');
  process.send?.(answer);
});
process.on('disconnect', () => process.exit());
