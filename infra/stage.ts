import { STAGES, type Stage } from './settings/settings.ts';
import { SettingsError } from './settings/settings-error.ts';

/** Hosts that cdklocal and the documentation of LocalStack use; no endpoint of AWS itself has one of these names. */
const LOCAL_HOST = /^(localhost|127\.0\.0\.1|(.+\.)?localstack\.cloud)$/;

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
      'The stage localstack has a published key, so it needs AWS_ENDPOINT_URL of a LocalStack.',
    ]);
  }
  if (stage !== 'localstack' && isLocal) {
    throw new SettingsError([
      `The stage ${stage} is for AWS, and AWS_ENDPOINT_URL is a LocalStack, which has no databases: leave one of them out.`,
    ]);
  }
  return stage;
}

function isLocalStack(endpoint: string | undefined): boolean {
  return endpoint !== undefined && URL.canParse(endpoint) && LOCAL_HOST.test(new URL(endpoint).hostname);
}

function isStage(name: string): name is Stage {
  return (STAGES as readonly string[]).includes(name);
}
