import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { formatCount, showProgress } from '../tools/cli/progress.ts';
import { UserError } from '../tools/cli/user-error.ts';
import { createBusyQueue } from '../tools/sqs/busy-queue.ts';
import { type CommandLine, runCommand } from './deployed/command.ts';
import { createSqsClient } from './embedded/sqs/queue-server.ts';
import { QUEUE_NAME } from './embedded/sqs/queues.ts';
import { countEvents, readEvents, STDIN } from './events/read-events.ts';
import { SAMPLE_EVENTS } from './events/samples/samples.ts';
import { sendEvents } from './events/send-events.ts';

const HELP = `Sends events to the queue that npm run deploy:local made.

  npm run seed:local                 100 shipped events
  npm run seed:local -- FILE...      your own: JSON array or JSON Lines, gzipped or not; - is standard input

Options, after --
  --json    {"sent": N, "queueUrl": "..."} on standard output; everything else goes to standard error
  --help    this text

Environment
  AWS_ENDPOINT_URL    a LocalStack that runs elsewhere (default: http://localhost:4566)
`;

async function seed({ at, files, out }: CommandLine): Promise<Record<string, unknown>> {
  const paths = files.length > 0 ? files : [SAMPLE_EVENTS];
  const total = paths.includes(STDIN) ? null : await countEvents(paths);
  const sqs = createSqsClient(at.endpoint);
  const queueUrl = await findQueue(sqs, at.endpoint);
  const queue = createBusyQueue(sqs, queueUrl);
  let sent = 0;
  const progress = showProgress(() => sent, total);
  try {
    for (const path of paths) {
      await sendEvents(readEvents(path), {
        queue,
        whenReady: async () => {},
        onSent: (count) => {
          sent += count;
        },
        stop: new AbortController().signal,
      });
    }
  } finally {
    progress.end();
    queue.close();
  }
  out.write(`Sent ${formatCount(sent)} events to ${queueUrl}.\n`);
  out.write(`See the rows: psql '${at.databaseUrl}' -c 'select * from user_logins'\n`);
  return { sent, queueUrl };
}

async function findQueue(sqs: SQSClient, endpoint: string): Promise<string> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE_NAME }));
    return QueueUrl ?? '';
  } catch (error) {
    const { name } = error as Error;
    if (name === 'QueueDoesNotExist') {
      throw new UserError(`There is no queue ${QUEUE_NAME} at ${endpoint}: run "npm run deploy:local" first.`);
    }
    throw new UserError(`No LocalStack answers at ${endpoint} (${name}): run "npm run deploy:local" first.`);
  }
}

await runCommand({ help: HELP, takesFiles: true }, process.env, seed);
