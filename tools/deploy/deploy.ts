import { AWS_STAGES, STAGES } from '../../infra/settings/settings.ts';
import { type Answer, type CommandLine, type CommandModule, defineCommand } from '../cli/command.ts';
import { UserError } from '../cli/user-error.ts';
import { requiredChoice } from '../cli/values.ts';
import { CDK_OPTIONS, createCdk } from './cdk.ts';
import { deployToAws } from './deploy-to-aws.ts';

/** @param deployToLocalStack what `--stage localstack` does; it lies above this room */
export function deployCommand(deployToLocalStack: (line: CommandLine) => Promise<Answer>): CommandModule {
  return defineCommand(
    (command) =>
      command
        .description('Deploys the pipeline of one stage with CDK.')
        .argument(...CDK_OPTIONS)
        .addOption(requiredChoice('--stage <name>', 'a stage of infra/settings/settings.ts', STAGES))
        .option('--check', 'only ask the account whether it can succeed, and change nothing', false)
        .addHelpText('after', HELP),
    async (line) => {
      const { args, options, json, env, out, interrupt } = line;
      const [more] = args;
      const { stage } = options;
      if (stage !== 'localstack') {
        const runCdk = createCdk({ stage, more, json, interrupt });
        const found = await deployToAws(AWS_STAGES[stage], { onlyCheck: options.check, env, out, runCdk });
        return { json: { stage, found } };
      }
      if (options.check || more.length > 0) {
        throw new UserError('--check and options for cdk are for AWS; the stage localstack takes none.', 2);
      }
      return deployToLocalStack(line);
    },
  );
}

const HELP = `
On AWS it deploys both stacks into the account that the usual AWS variables
name, after asking the account whether that can succeed. Each account and
region needs "npx cdk bootstrap" once. To deploy without questions, as in a
workflow:
  npx login-etl deploy --stage prod -- --require-approval never

On LocalStack it deploys queue, dead-letter queue, keys and function.
docker-compose.yml has LocalStack and Postgres, which are started if they are
not running. Deploying again brings only what has changed.

Environment of the stage localstack
  AWS_ENDPOINT_URL       a LocalStack that runs elsewhere
                         (default: http://localhost:4566)
  DATABASE_URL           Postgres as this machine sees it
                         (default: docker-compose.yml's)
  FUNCTION_DATABASE_URL  the same Postgres as the function sees it
                         (default: docker-compose.yml's, by its service name)
  MASK_KEY               makes KMS give the pseudonyms of this key
                         (default: a published key, for trials only)
  MASK_LAYER_KEY         the same for the layer key
                         (default: MASK_KEY, or another published key)
  MASK_KEY_ID, MASK_NEXT_KEY_ID, MASK_NEXT_LAYER_KEY, MASK_ADOPTED
                         as the function has them
  RECOVERY_VAULT         true seals every ip and device id, for recover`;
