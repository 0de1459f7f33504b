import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { COMPOSE_ENDPOINT } from '../../infra/localstack-endpoint.ts';
import { AWS_STAGES, LOCALSTACK } from '../../infra/settings/settings.ts';
import { isLocalStack, isStage } from '../../infra/stage.ts';
import { AWS_CLIENT } from '../../lambda/settings/aws-client.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../cli/user-error.ts';
import { access, checkStage } from '../stage/stage.ts';
import type { QueueOptions } from './queue-command.ts';

export interface QueueLocation {
  client: SQSClientConfig;
  /** The dead-letter queue, by one of the two. */
  queue: { url: string } | { name: string };
}

const AWS_HOST = /(^|\.)amazonaws\.com(\.cn)?$/;

/** @throws UserError if the queue is not named, or named in ways that contradict each other */
export function locate(named: Pick<QueueOptions, 'queueUrl' | 'stage' | 'stack'>, env: Environment): QueueLocation {
  const { queueUrl } = named;
  if ([queueUrl, named.stage, named.stack].filter((name) => name !== undefined).length > 1) {
    throw new UserError('Name the queue by one of --queue-url, --stage or --stack.', 2);
  }
  const url = queueUrl === undefined ? null : parseUrl('--queue-url', queueUrl);
  const isUrlOnAws = url !== null && AWS_HOST.test(url.hostname);
  const asked = named.stack === undefined ? named.stage : stageOfStack(named.stack);
  const ofUrl = url && !isUrlOnAws ? url.origin : null;
  const endpoint =
    env.AWS_ENDPOINT_URL_SQS || env.AWS_ENDPOINT_URL || ofUrl || (asked === 'localstack' ? COMPOSE_ENDPOINT : null);
  const isLocal = endpoint !== null && isLocalStack(parseUrl('AWS_ENDPOINT_URL', endpoint).href);
  const meant = asked ?? (isLocal && !url ? 'localstack' : undefined);
  const stage = meant === undefined ? undefined : checkStage(meant, isLocal);
  // By the port: LocalStack's queues have other host names than its endpoint.
  if (url && isLocal && url.port !== new URL(endpoint).port) {
    throw new UserError('--queue-url and AWS_ENDPOINT_URL name two places: leave one of them out.', 2);
  }
  const name = stage && (stage === 'localstack' ? LOCALSTACK : AWS_STAGES[stage]).queue.name;
  if (queueUrl === undefined && !name) {
    throw new UserError(
      'Say which dead-letter queue: --queue-url URL, --stage prod, dev or localstack, or AWS_ENDPOINT_URL for start --watch.',
      2,
    );
  }
  return {
    client: { ...AWS_CLIENT, ...(endpoint && { endpoint }), ...access(env, isLocal, regionOf(url)) },
    queue: queueUrl === undefined ? { name: `${name}-dlq` } : { url: queueUrl },
  };
}

/** Whether the queue is named by a stage on AWS. */
export function isOfStageOnAws({ stage, stack }: Pick<QueueOptions, 'stage' | 'stack'>): boolean {
  const named = stack === undefined ? stage : stageOfStack(stack);
  return named !== undefined && named !== 'localstack';
}

/** `login-etl-prod-stateful`, `login-etl-localstack`: the queue's name is a setting of the stage. */
function stageOfStack(stack: string): string {
  const [, stage] = /^login-etl-([a-z]+)(-stateful|-stateless)?$/.exec(stack) ?? [];
  if (stage === undefined || !isStage(stage)) {
    throw new UserError('This project has no stack of this name: it is one like login-etl-prod-stateful.', 2);
  }
  return stage;
}

function regionOf(url: URL | null): string | undefined {
  return /^sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(url?.hostname ?? '')?.[1];
}

function parseUrl(name: string, text: string): URL {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new UserError(`${name} is not an http:// or https:// URL.`, 2);
  }
  return new URL(text);
}
