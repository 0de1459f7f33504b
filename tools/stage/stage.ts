import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { COMPOSE_ENDPOINT, LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { STAGES, type Stage } from '../../infra/settings/settings.ts';
import { isLocalStack, isStage } from '../../infra/stage.ts';
import { AWS_CLIENT } from '../../lambda/settings/aws-client.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../cli/user-error.ts';

/** What the clients of a stage's services are given. */
export interface AwsPlace {
  endpoint?: string;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

export const STAGE_OPTION = ['--stage <name>', 'prod, dev or localstack: ask a function beside its database'] as const;

/** For a command that is not offered on a stage, so that it says why. */
export const NO_STAGE_OPTION = new Option('--stage <name>').hideHelp().argParser(() => {
  throw new InvalidArgumentError(
    'To get rows out of a stage, use a snapshot or a bastion: infra/README.md, "Commands on a stage".',
  );
});

/** @throws UserError if a command line names both a stage and a folder of this machine */
export function requireOnePlace(stage: string | undefined, data: string | undefined): void {
  if (stage !== undefined && data !== undefined) {
    throw new UserError('--stage and --data name two places: leave one of them out.', 2);
  }
}

/**
 * Where a stage is.
 *
 * @throws UserError if the stage does not exist, or the environment names another place
 */
export function findStage(name: string, env: Environment): { stage: Stage; place: AwsPlace } {
  const endpoint = env.AWS_ENDPOINT_URL || (name === 'localstack' ? COMPOSE_ENDPOINT : undefined);
  const isLocal = isLocalStack(endpoint);
  const stage = checkStage(name, isLocal);
  return { stage, place: { ...AWS_CLIENT, ...(endpoint && { endpoint }), ...access(env, isLocal) } };
}

/** With another place's variables set, a command must not work on something that has the same name there. */
export function checkStage(stage: string, isLocal: boolean): Stage {
  if (!isStage(stage)) throw new UserError(`This stage does not exist: name one of ${STAGES.join(', ')}.`, 2);
  if ((stage === 'localstack') === isLocal) return stage;
  throw new UserError(
    isLocal
      ? `The stage ${stage} is on AWS, and AWS_ENDPOINT_URL is a LocalStack: leave one of them out.`
      : 'The stage localstack is not on AWS, and AWS_ENDPOINT_URL is not a LocalStack: leave one of them out.',
    2,
  );
}

/**
 * What the SDK would not find out by itself. On this machine all is in one account, whatever the variables say.
 *
 * @param region if it is known
 */
export function access(env: Environment, isLocal: boolean, region?: string): AwsPlace {
  if (isLocal) return { region: LOCAL_AWS.region, credentials: LOCAL_AWS };
  const found = region || env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return found ? { region: found } : {};
}
