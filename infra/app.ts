import { App } from 'aws-cdk-lib';
import { localKeyMaterial } from './local-key.ts';
import { localSettings } from './local-settings.ts';
import { addAwsPipeline, addLocalPipeline } from './pipeline.ts';
import { gitRemote, runbookAddress } from './runbook.ts';
import { AWS_STAGES, type AwsSettings } from './settings/settings.ts';
import { SettingsError } from './settings/settings-error.ts';
import { chooseStage } from './stage.ts';

/** The Postgres of docker-compose.yml, as seen by a function that LocalStack runs in a container. */
const COMPOSE_DATABASE = 'postgres://postgres:postgres@postgres:5432/postgres';

/** Value of the context `protection` with which a first deployment makes the stack that it then protects. */
const LATER = 'later';

function main(app: App, env: NodeJS.ProcessEnv): void {
  const stage = chooseStage(app.node.tryGetContext('stage'), env.AWS_ENDPOINT_URL);
  if (stage !== 'localstack') {
    addAwsPipeline(app, withRunbook(AWS_STAGES[stage], env), app.node.tryGetContext('protection') !== LATER);
    return;
  }
  addLocalPipeline(app, localSettings(env), {
    databaseUrl: env.FUNCTION_DATABASE_URL || COMPOSE_DATABASE,
    keyMaterial: localKeyMaterial(env),
  });
}

function withRunbook(settings: AwsSettings, env: NodeJS.ProcessEnv): AwsSettings {
  const runbook = settings.alarms.runbook ?? runbookAddress(env, gitRemote());
  return { ...settings, alarms: { ...settings.alarms, runbook } };
}

try {
  main(new App(), process.env);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
