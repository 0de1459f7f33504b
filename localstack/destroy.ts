import { defineCommand } from '../tools/cli/command.ts';
import { requiredChoice } from '../tools/cli/values.ts';
import { findDeployment } from './deployed/deployment.ts';
import { runStep } from './deployed/run-step.ts';
import { localStackAnswers } from './deployed/services.ts';

const DESCRIPTION =
  'Takes down what "deploy --stage localstack" made: the stack and, where docker compose runs them, LocalStack and ' +
  'Postgres with everything in them. Stacks on AWS are destroyed by cdk: infra/README.md says how.';

export const command = defineCommand(
  (command) =>
    command
      .description(DESCRIPTION)
      .addOption(requiredChoice('--stage <name>', 'what to take down', ['localstack']))
      .addHelpText(
        'after',
        `
Environment
  AWS_ENDPOINT_URL, DATABASE_URL
      as for deploy; where one is set, only the stack is destroyed`,
      ),
  async ({ env, out }) => {
    const at = findDeployment(env);
    const destroyed: string[] = [];
    if (await localStackAnswers(at.endpoint)) {
      const command = ['cdklocal', 'destroy', '--force'] as const;
      await runStep({ title: 'Destroying the stack', command, env: at.env, advice: 'Its own message is above.' }, out);
      destroyed.push('stack');
    } else {
      out.write(`No LocalStack answers at ${at.endpoint}, so there is no stack.\n`);
    }
    if (at.isCompose) {
      const command = ['docker', 'compose', 'down', '--volumes'] as const;
      const title = 'Stopping LocalStack and Postgres';
      await runStep({ title, command, env: at.env, advice: 'Is Docker running?' }, out);
      destroyed.push('services');
    }
    return { json: { destroyed } };
  },
);
