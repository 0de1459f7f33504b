import type { Command } from '../cli/command.ts';

/** The options that every command of the dead-letter queue has. */
export function queueOptions(command: Command) {
  return command
    .option('--queue-url <url>', 'the dead-letter queue itself; without AWS_ENDPOINT_URL it also says where SQS is')
    .option('--stage <name>', 'prod, dev or localstack: the dead-letter queue that its stack makes')
    .option('--stack <name>', "the same by a stack's name, as login-etl-prod-stateful; only its stage is used")
    .option(
      '--try-insert',
      'where the checks find nothing, ask the database: insert the row as the function would, and roll back; ' +
        "needs the function's DATABASE_URL and MASK_KEY or MASK_KMS_KEY",
      false,
    );
}

export const REASON = ['--reason <reason>', 'only messages with this reason, as "list" shows it'] as const;

export const QUEUE_HELP = `
Which queue: one of --queue-url, --stage and --stack. With none of them it is
the stage localstack, where AWS_ENDPOINT_URL is on this machine: that of
"start --watch", or LocalStack.

Environment
  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID ...
      as for the AWS CLI; without meaning on this machine
  AWS_ENDPOINT_URL
      an SQS elsewhere

Exit code: 0 all done, 1 something failed, was left, or (redrive, purge) was
hidden, 2 wrong usage, 130 interrupted. Ctrl-C ends after what is in flight,
and gives back what was taken; a run that is killed outright hides its
messages for up to 15 minutes.`;
