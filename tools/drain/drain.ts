import { ConfigError, KeyMismatchError } from '../../lambda/errors.ts';
import { ENV } from '../../lambda/settings/environment.ts';
import { type CommandLine, defineCommand } from '../cli/command.ts';
import { integerBetween, positiveInteger } from '../cli/values.ts';
import { describe, exitCodeOf, reportAsJson } from './report.ts';
import { type DrainOptions, runDrain } from './run-drain.ts';
import { checkSettings, regionOf, wrongSetting } from './settings.ts';

const GIVE_UP_SECONDS = 900;
/** A shell's exit codes for a process that a signal has ended. */
const INTERRUPTED: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export const command = defineCommand(
  (command) =>
    command
      .description(
        "Stores what is in an SQS queue with the function's own code, without Lambda; ends when the queue is empty.",
      )
      .option('--follow', 'keep running when the queue is empty, until Ctrl-C or SIGTERM', false)
      .option(
        '--give-up <SECONDS>',
        `exit with 1 when SQS, KMS or the database has been away for longer (default: ${GIVE_UP_SECONDS}; with --follow never)`,
        positiveInteger,
      )
      .option(
        '--listen <PORT>',
        'serve /healthz, /readyz and /metrics (Prometheus) on this port',
        integerBetween(0, 65_535),
      )
      .addHelpText('after', HELP),
  async ({ options, env, stderr, interrupt }) => {
    const stop = interrupt();
    const report = await withExitCode(() =>
      runDrain(drainOptions(options), { env, region: prepare(env), stderr, stop }),
    );
    const exitCode = report.ending === 'interrupted' ? (INTERRUPTED[`${stop.reason}`] ?? 130) : exitCodeOf(report);
    return { json: reportAsJson(report), text: describe(report), exitCode };
  },
);

/** A wrong setting of the function is a wrong setting of drain, with the same exit code. */
async function withExitCode<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof KeyMismatchError) throw wrongSetting(error.message);
    throw error;
  }
}

function drainOptions(given: {
  follow: boolean;
  giveUp?: number | undefined;
  listen?: number | undefined;
}): DrainOptions {
  const usual = given.follow ? Number.POSITIVE_INFINITY : GIVE_UP_SECONDS;
  return { follow: given.follow, giveUpMs: 1_000 * (given.giveUp ?? usual), port: given.listen ?? null };
}

/**
 * The function's log is for CloudWatch. Here its warnings and errors go to standard error, and its metrics nowhere:
 * `--listen` has them.
 *
 * @returns the region, which the function's own clients find in the environment as well
 */
function prepare(env: CommandLine['env']): string {
  const region = regionOf(checkSettings(env), env);
  process.env.AWS_REGION = region;
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
  process.env.POWERTOOLS_LOG_LEVEL ??= 'WARN';
  return region;
}

const HELP = `
Environment, the same as for the function:
  ${ENV.queueUrl}     a standard queue, with a redrive policy and a visibility
                timeout of 30 s or more
  ${ENV.databaseUrl}  a PostgreSQL with the schema (npx login-etl migrate), as a
                member of login_writer
  ${ENV.maskKey}      hex:... or base64:... of at least 32 random bytes, or
                ${ENV.maskKmsKey} for a key in KMS
  AWS_...       region and credentials, wherever the AWS SDK finds them

Exit code:
  0         the queue is empty, and every message is stored, now or before
  3         the queue is empty, and some messages were rejected: they are in the
            dead-letter queue
  1         an outage longer than --give-up, or rejected messages and no
            dead-letter queue to take them
  2         a setting or a key is wrong; nothing was received
  130, 143  Ctrl-C or SIGTERM, after the batches in hand; a second one ends
            the run at once

Example:
  QUEUE_URL=https://sqs.eu-central-1.amazonaws.com/111122223333/logins \\
    DATABASE_URL=postgres://writer:password@host/logins MASK_KEY=hex:... \\
    npx login-etl drain --follow --listen 8080`;
