import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Answer, defineCommand } from '../tools/cli/command.ts';
import { formatCount, showProgress } from '../tools/cli/progress.ts';
import { UserError } from '../tools/cli/user-error.ts';
import { awsErrorName } from '../tools/dlq/aws-error.ts';
import { createBusyQueue } from '../tools/sqs/busy-queue.ts';
import { type Deployment, findDeployment } from './deployed/deployment.ts';
import { createSqsClient } from './embedded/sqs/queue-server.ts';
import { QUEUE_NAME } from './embedded/sqs/queues.ts';
import { openInput, sendInput } from './events/input.ts';
import { FILE_HELP } from './events/read-events.ts';
import { SAMPLE_EVENTS } from './events/samples/samples.ts';

export const command = defineCommand(
  (command) =>
    command
      .description('Sends events to the queue of "deploy --stage localstack", or of "start --watch".')
      .argument('[FILE...]', FILE_HELP)
      .addHelpText(
        'after',
        `
Environment
  AWS_ENDPOINT_URL  the address that "start --watch" prints, or a LocalStack
                    that runs elsewhere (default: http://localhost:4566)`,
      ),
  ({ args: [files], env, out }) => seed(files, findDeployment(env), out),
);

async function seed(files: readonly string[], at: Deployment, out: NodeJS.WritableStream): Promise<Answer> {
  const paths = files.length > 0 ? files : [SAMPLE_EVENTS];
  const input = await openInput(paths);
  const sqs = createSqsClient(at.endpoint);
  const queueUrl = await findQueue(sqs, at.endpoint);
  const queue = createBusyQueue(sqs, queueUrl);
  let sent = 0;
  const progress = showProgress(() => sent, input.total);
  try {
    await sendInput(input, {
      queue,
      whenReady: async () => {},
      onSent: (count) => {
        sent += count;
      },
      stop: new AbortController().signal,
    });
  } finally {
    progress.end();
    queue.close();
  }
  out.write(`Sent ${formatCount(sent)} ${sent === 1 ? 'event' : 'events'} to ${queueUrl}.\n`);
  // Elsewhere the rows are in a database that is not known here, such as that of start --watch.
  if (at.isCompose || at.env.DATABASE_URL)
    out.write(`See the rows:\n  psql '${at.databaseUrl}' \\\n    -c 'select * from user_logins'\n`);
  return { json: { sent, queueUrl } };
}

async function findQueue(sqs: SQSClient, endpoint: string): Promise<string> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE_NAME }));
    return QueueUrl ?? '';
  } catch (error) {
    const name = awsErrorName(error);
    if (name === 'QueueDoesNotExist') {
      throw new UserError(
        `The queue ${QUEUE_NAME} does not exist at ${endpoint}: run "npx login-etl deploy --stage localstack" first.`,
      );
    }
    throw new UserError(
      `Nothing answers at ${endpoint} (${name}): run "npx login-etl deploy --stage localstack" first, or set ` +
        'AWS_ENDPOINT_URL to the address that "start --watch" prints.',
    );
  }
}
