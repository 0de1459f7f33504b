import { ConfigError, KeyMismatchError, safeError } from '../../lambda/errors.ts';
import { UserError } from '../cli/user-error.ts';
import { awsErrorName } from './aws-error.ts';
import type { Answer, Command, CommandContext } from './command.ts';
import { messages } from './counts.ts';
import { openDeadLetterQueue } from './dead-letter-queue.ts';
import { type Diagnose, diagnoseByChecks } from './diagnose.ts';
import { TIMING, withLease } from './lease.ts';
import { list } from './list.ts';
import { locate } from './locate.ts';
import { type CommandName, type Options, parseOptions } from './options.ts';
import { toJson } from './printable.ts';
import { purge } from './purge.ts';
import { redrive } from './redrive.ts';
import { show } from './show.ts';
import { withTryInsert } from './try-insert.ts';

const COMMANDS: Readonly<Record<CommandName, Command>> = { list, show, redrive, purge };
const INTERRUPTED = 130;

/** @returns the exit code */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, stop } = context;
  try {
    const options = parseOptions(args);
    if ('helpText' in options) {
      stdout.write(options.helpText);
      return 0;
    }
    const answer = await answerTo(options, context);
    stdout.write(options.json ? `${toJson(answer.json)}\n` : answer.text);
    if (!stop.aborted) return answer.isComplete ? 0 : 1;
  } catch (error) {
    if (!stop.aborted) return fail(error, context);
  }
  stderr.write('Interrupted.\n');
  return INTERRUPTED;
}

async function answerTo(options: Options, context: CommandContext): Promise<Answer> {
  const { env, stderr, stop, timing, onClient = () => {} } = context;
  const queue = await openDeadLetterQueue(locate(options, env), onClient);
  if (queue.hidden > 0) {
    // SQS's count is behind by up to a minute.
    stderr.write(`${messages(queue.hidden)} seem hidden: somebody else looks at them, or a run was killed.\n`);
  }
  let isGivenBack = true;
  let hidden = queue.hidden;
  const onUnseen = (count: number) => {
    hidden += count;
    stderr.write(`${messages(count)} were counted and not to be had: somebody else took them, or the count is old.\n`);
  };
  const onStillHidden = (count: number) => {
    isGivenBack = false;
    const minutes = Math.ceil((timing?.hideSeconds ?? TIMING.hideSeconds) / 60);
    stderr.write(`${messages(count)} could not be given back, and can be seen again in ${minutes} minutes.\n`);
  };
  const runWith = (diagnose: Diagnose) =>
    COMMANDS[options.command]({
      ...context,
      options,
      queue,
      diagnose,
      withLease: (work) => withLease(queue, { stop, onStillHidden, onUnseen, timing }, work),
    });
  const answer = await (options['try-insert'] ? withTryInsert(env, runWith) : runWith(diagnoseByChecks));
  if (options.command === 'show') return { ...answer, isComplete: answer.isComplete && isGivenBack };
  // A list is one of what is to be seen; to have sent or deleted that is not yet all.
  const isAll = options.command === 'list' || hidden === 0;
  return { ...answer, json: { ...answer.json, hidden }, isComplete: answer.isComplete && isGivenBack && isAll };
}

/** One sentence, which quotes nothing that came from a message. */
function fail(error: unknown, { stderr }: CommandContext): number {
  stderr.write(`${sentenceOf(error)}\n`);
  return error instanceof UserError ? error.exitCode : 1;
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return safeError(error).message;
  const isOurs = [UserError, ConfigError, KeyMismatchError].some((type) => error instanceof type);
  if (isOurs) return error.message;
  if (/^Region (is missing|not accepted)/.test(error.message)) {
    return 'Set AWS_REGION, or name the queue by --queue-url.';
  }
  const name = awsErrorName(error);
  if (name === 'QueueDoesNotExist') return 'There is no such queue there.';
  const isOfAws = name === 'CredentialsProviderError' || '$metadata' in error;
  if (isOfAws) return `SQS cannot be asked (${name}): does it run, and do region and credentials fit?`;
  return safeError(error).stack ?? '';
}
