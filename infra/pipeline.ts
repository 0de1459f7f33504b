import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { settingsProblems } from './settings/check-settings.ts';
import type { AwsSettings, PipelineSettings } from './settings/settings.ts';
import { SettingsError } from './settings/settings-error.ts';
import { type LocalProps, LocalStackStack } from './stacks/localstack-stack.ts';
import { StatefulStack } from './stacks/stateful-stack.ts';
import { StatelessStack } from './stacks/stateless-stack.ts';

/**
 * @param isProtected as in StatefulStack
 * @throws SettingsError with everything that is wrong with the settings, before anything is built
 */
export function addAwsPipeline(
  app: App,
  settings: AwsSettings,
  isProtected = true,
): { stateful: StatefulStack; stateless: StatelessStack } {
  prepare(app, settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stateful = new StatefulStack(app, settings, isProtected);
  const stateless = new StatelessStack(app, settings, stateful);
  stateless.addStackDependency(stateful);
  return { stateful, stateless };
}

/** @throws SettingsError as above */
export function addLocalPipeline(app: App, settings: PipelineSettings, props: LocalProps): LocalStackStack {
  prepare(app, settings);
  return new LocalStackStack(app, settings, props);
}

function prepare(app: App, settings: PipelineSettings): void {
  const problems = settingsProblems(settings);
  if (problems.length > 0) throw new SettingsError(problems);
  Tags.of(app).add('application', 'login-etl');
  Tags.of(app).add('stage', settings.stage);
}
