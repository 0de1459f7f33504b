import type { Command } from '../cli/command.ts';

/** The options that every command of the dead-letter queue has. */
export function queueOptions(command: Command) {
  return command
    .option('--queue-url <url>', 'the dead-letter queue itself; without AWS_ENDPOINT_URL it also says where SQS is')
    .option('--stage <name>', 'prod, dev or localstack: the dead-letter queue that its stack makes')
    .option('--stack <name>', "the same by a stack's name, such as login-etl-prod-stateful; only its stage is used")
    .option(
      '--try-insert',
      'if the checks find nothing, ask the database: insert the row as the function would, and roll back; ' +
        "needs the function's DATABASE_URL and MASK_KEY or MASK_KMS_KEY",
      false,
    );
}

export const REASON = ['--reason <reason>', 'only messages with this reason, as "list" shows it'] as const;

export const QUEUE_HELP = `
Name the queue by one of --queue-url, --stage or --stack. None is needed if
AWS_ENDPOINT_URL is on this machine, for "start --watch" or LocalStack.

Environment
  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID ...
      as for the AWS CLI; not needed for an SQS on this machine
  AWS_ENDPOINT_URL
      an SQS that is not on AWS

Exit code: 0 all done, 1 something failed, was left, or (redrive, purge) was
hidden, 2 wrong usage, 130 interrupted. Ctrl-C finishes what is in flight
and gives back the rest; a run that is killed outright hides its messages for
up to 15 minutes.`;
