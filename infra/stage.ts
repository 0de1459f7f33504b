import { STAGES, type Stage } from './settings/settings.ts';
import { SettingsError } from './settings/settings-error.ts';

/**
 * Hosts of a LocalStack, as cdklocal, its documentation and Docker name them; no endpoint of AWS has one of these names.
 * Any other host may be a way to AWS, where the published key must not get.
 */
const LOCAL_HOST =
  /^((.+\.)?localhost|127\.0\.0\.1|\[::1\]|localstack|host\.docker\.internal|(.+\.)?localstack\.cloud)$/;

/**
 * The stage to build: LocalStack's where the AWS endpoint is one, else the one asked for, else prod.
 *
 * @param asked the context value `stage`
 * @param endpoint AWS_ENDPOINT_URL
 * @throws SettingsError where the two contradict each other, since either would leave half a deployment behind
 */
export function chooseStage(asked: string | undefined, endpoint: string | undefined): Stage {
  const isLocal = isLocalStack(endpoint);
  const stage = asked ?? (isLocal ? 'localstack' : 'prod');
  if (!isStage(stage)) throw new SettingsError([`There is no stage "${stage}": it is one of ${STAGES.join(', ')}.`]);
  if (stage === 'localstack' && !isLocal) {
    throw new SettingsError([
      'The stage localstack has a published key, so it needs AWS_ENDPOINT_URL of a LocalStack: its host is localhost, ' +
        'localstack, host.docker.internal or ends in .localstack.cloud.',
    ]);
  }
  if (stage !== 'localstack' && isLocal) {
    throw new SettingsError([
      `The stage ${stage} is for AWS, and AWS_ENDPOINT_URL is a LocalStack, which has no databases: leave one of them out.`,
    ]);
  }
  return stage;
}

/** Whether an endpoint is a LocalStack's, where only the stage of that name belongs. */
export function isLocalStack(endpoint: string | undefined): boolean {
  return endpoint !== undefined && URL.canParse(endpoint) && LOCAL_HOST.test(new URL(endpoint).hostname);
}

export function isStage(name: string): name is Stage {
  return (STAGES as readonly string[]).includes(name);
}
