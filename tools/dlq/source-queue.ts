import { ListDeadLetterSourceQueuesCommand } from '@aws-sdk/client-sqs';
import { UserError } from '../cli/user-error.ts';
import { awsErrorName } from './aws-error.ts';
import { attributesOf, type DeadLetterQueue, urlOf } from './dead-letter-queue.ts';

/**
 * The URL of the queue that the messages came from.
 *
 * @param named by the user
 * @throws UserError if there is none, or more than one
 */
export async function findSourceQueue(queue: DeadLetterQueue, named: string | undefined): Promise<string> {
  if (named !== undefined) {
    const { QueueArn } = await attributesOf(queue.sqs, named);
    if (QueueArn === queue.arn) throw new UserError('--to is the dead-letter queue itself.', 2);
    return named;
  }
  const [url, ...others] = await sourcesOf(queue);
  if (url === undefined)
    throw new UserError('No queue was found that sends its dead letters here: name it by --to.', 2);
  if (others.length > 0) throw new UserError('Several queues send their dead letters here: name one by --to.', 2);
  return url;
}

async function sourcesOf(queue: DeadLetterQueue): Promise<string[]> {
  const { sqs, url: QueueUrl } = queue;
  try {
    const urls: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl, NextToken, MaxResults: 1_000 }));
      urls.push(...(page.queueUrls ?? []));
      NextToken = page.NextToken;
    } while (NextToken);
    return urls;
  } catch (error) {
    if (awsErrorName(error) !== 'InvalidAction') throw error;
    return sourceByName(queue);
  }
}

/** For the queue server of `npm start`, which does not know the call: by the name, if that queue's policy agrees. */
async function sourceByName({ sqs, arn }: DeadLetterQueue): Promise<string[]> {
  const [, name] = /([^:]+)-dlq$/.exec(arn) ?? [];
  if (name === undefined) return [];
  try {
    const url = await urlOf(sqs, name);
    const { RedrivePolicy = '{}' } = await attributesOf(sqs, url);
    return JSON.parse(RedrivePolicy).deadLetterTargetArn === arn ? [url] : [];
  } catch (error) {
    if (awsErrorName(error) === 'QueueDoesNotExist') return [];
    throw error;
  }
}
