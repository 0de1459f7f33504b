import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { COMPOSE_ENDPOINT, LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { AWS_STAGES, LOCALSTACK, STAGES, type Stage } from '../../infra/settings/settings.ts';
import { isLocalStack, isStage } from '../../infra/stage.ts';
import { AWS_CLIENT } from '../../lambda/settings/aws-client.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../cli/user-error.ts';
import type { QueueOptions } from './queue-command.ts';

export interface QueueLocation {
  client: SQSClientConfig;
  /** The dead-letter queue, by one of the two. */
  queue: { url: string } | { name: string };
}

const AWS_HOST = /(^|\.)amazonaws\.com(\.cn)?$/;

/** @throws UserError where the queue is not named, or named in ways that contradict each other */
export function locate(named: Pick<QueueOptions, 'queueUrl' | 'stage' | 'stack'>, env: Environment): QueueLocation {
  const { queueUrl } = named;
  if ([queueUrl, named.stage, named.stack].filter((name) => name !== undefined).length > 1) {
    throw new UserError('Name the queue by one of --queue-url, --stage and --stack.', 2);
  }
  const url = queueUrl === undefined ? null : parseUrl('--queue-url', queueUrl);
  const isUrlOnAws = url !== null && AWS_HOST.test(url.hostname);
  const asked = named.stack === undefined ? named.stage : stageOfStack(named.stack);
  const ofUrl = url && !isUrlOnAws ? url.origin : null;
  const endpoint =
    env.AWS_ENDPOINT_URL_SQS || env.AWS_ENDPOINT_URL || ofUrl || (asked === 'localstack' ? COMPOSE_ENDPOINT : null);
  const isLocal = endpoint !== null && isLocalStack(parseUrl('AWS_ENDPOINT_URL', endpoint).href);
  const stage = checkStage(asked ?? (isLocal && !url ? 'localstack' : undefined), isLocal);
  // By the port: LocalStack's queues have other host names than its endpoint.
  if (url && isLocal && url.port !== new URL(endpoint).port) {
    throw new UserError('--queue-url and AWS_ENDPOINT_URL are two places: leave one of them out.', 2);
  }
  const name = stage && (stage === 'localstack' ? LOCALSTACK : AWS_STAGES[stage]).queue.name;
  if (queueUrl === undefined && !name) {
    throw new UserError('Which dead-letter queue: --queue-url URL, or --stage prod, dev or localstack?', 2);
  }
  return {
    client: { ...AWS_CLIENT, ...(endpoint && { endpoint }), ...access(env, isLocal, url) },
    queue: queueUrl === undefined ? { name: `${name}-dlq` } : { url: queueUrl },
  };
}

/** Who has the variables of another place must not work on a queue that happens to have the same name there. */
function checkStage(stage: string | undefined, isLocal: boolean): Stage | undefined {
  if (stage === undefined) return undefined;
  if (!isStage(stage)) throw new UserError(`There is no such stage: it is one of ${STAGES.join(', ')}.`, 2);
  if ((stage === 'localstack') === isLocal) return stage;
  throw new UserError(
    isLocal
      ? `The stage ${stage} is on AWS, and AWS_ENDPOINT_URL is a LocalStack: leave one of them out.`
      : 'The stage localstack is not on AWS, and AWS_ENDPOINT_URL is not a LocalStack: leave one of them out.',
    2,
  );
}

/** `login-etl-prod-stateful`, `login-etl-localstack`: the queue's name is a setting of the stage. */
function stageOfStack(stack: string): string {
  const [, stage] = /^login-etl-([a-z]+)(-stateful|-stateless)?$/.exec(stack) ?? [];
  if (stage === undefined || !isStage(stage)) {
    throw new UserError('No stack of this project has this name: it is login-etl-prod-stateful or the like.', 2);
  }
  return stage;
}

/** What the SDK would not find out by itself. On this machine all is in one account, whatever the variables say. */
function access(env: Environment, isLocal: boolean, url: URL | null): SQSClientConfig {
  if (isLocal) return { region: LOCAL_AWS.region, credentials: LOCAL_AWS };
  const ofQueue = /^sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(url?.hostname ?? '')?.[1];
  const region = ofQueue || env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return region ? { region } : {};
}

function parseUrl(name: string, text: string): URL {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new UserError(`${name} is not an http:// or https:// URL.`, 2);
  }
  return new URL(text);
}
