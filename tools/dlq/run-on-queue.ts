import type { Answer, CommandLine } from '../cli/command.ts';
import { UserError } from '../cli/user-error.ts';
import { awsErrorName } from './aws-error.ts';
import { messages } from './counts.ts';
import { openDeadLetterQueue } from './dead-letter-queue.ts';
import { type Diagnose, diagnoseByChecks } from './diagnose.ts';
import { TIMING, withLease } from './lease.ts';
import { isOfStageOnAws, locate } from './locate.ts';
import type { QueueAnswer, QueueCommand, QueueOptions, Trial } from './queue-command.ts';
import { withTryInsert } from './try-insert.ts';

const INTERRUPTED = 130;
const GIVING_BACK = 'Giving back what was taken; Ctrl-C again ends at once, and leaves it hidden for up to 15 minutes.';

/** Opens the queue that the options name, and runs a command on it. */
export async function runOnQueue(
  command: QueueCommand,
  options: QueueOptions,
  line: Omit<CommandLine, 'args' | 'options'>,
  trial: Trial,
): Promise<Answer> {
  const stop = line.interrupt(GIVING_BACK);
  try {
    const { json, text, isComplete } = await answerTo(command, options, { ...line, stop }, trial);
    if (stop.aborted) line.stderr.write('Interrupted.\n');
    const exitCode = stop.aborted ? INTERRUPTED : Number(!isComplete);
    return { json, text, exitCode };
  } catch (error) {
    throw explained(error);
  }
}

async function answerTo(
  command: QueueCommand,
  options: QueueOptions,
  line: Omit<CommandLine, 'args' | 'options' | 'interrupt'> & { stop: AbortSignal },
  { timing, onClient = () => {} }: Trial,
): Promise<QueueAnswer> {
  const { env, stderr, stop } = line;
  if (options.tryInsert && isOfStageOnAws(options)) {
    throw new UserError(
      'On a stage the function alone has database and keys: its log says what the database refused (reason "refused"), and redrive lets it try again.',
      2,
    );
  }
  const queue = await openDeadLetterQueue(locate(options, env), onClient);
  if (queue.hidden > 0) {
    // SQS's count is behind by up to a minute.
    stderr.write(`${messages(queue.hidden)} seem hidden: somebody else is looking at them, or a run was killed.\n`);
  }
  let isGivenBack = true;
  let hidden = queue.hidden;
  const onUnseen = (count: number) => {
    hidden += count;
    stderr.write(
      `${messages(count)} were counted but could not be received: somebody else has them, or the count is old.\n`,
    );
  };
  const onStillHidden = (count: number) => {
    isGivenBack = false;
    const minutes = Math.ceil((timing?.hideSeconds ?? TIMING.hideSeconds) / 60);
    stderr.write(`${messages(count)} could not be given back, and can be seen again in ${minutes} minutes.\n`);
  };
  const runWith = (diagnose: Diagnose) =>
    command({
      ...line,
      options,
      queue,
      diagnose,
      hidden: () => hidden,
      withLease: (work) => withLease(queue, { stop, onStillHidden, onUnseen, timing }, work),
    });
  const answer = await (options.tryInsert ? withTryInsert(env, runWith) : runWith(diagnoseByChecks));
  return { ...answer, isComplete: answer.isComplete && isGivenBack };
}

/** One sentence, which quotes nothing that came from a message. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/^Region (is missing|not accepted)/.test(error.message)) {
    return new UserError('Set AWS_REGION, or name the queue by --queue-url.');
  }
  const name = awsErrorName(error);
  if (name === 'QueueDoesNotExist')
    return new UserError('The queue does not exist: check its name, account and region.');
  const isOfAws = name === 'CredentialsProviderError' || '$metadata' in error;
  if (!isOfAws) return error;
  return new UserError(`SQS cannot be asked (${name}): check that it is running, and your region and credentials.`);
}
