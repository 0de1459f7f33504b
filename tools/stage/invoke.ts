import { type CommandName, commandOutput, functionsStackOf } from '../../infra/names.ts';
import type { AwsSettings } from '../../infra/settings/settings.ts';
import { errorName } from '../../lambda/errors.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { printable } from '../cli/printable.ts';
import { UserError } from '../cli/user-error.ts';
import { type AwsPlace, findStage } from './stage.ts';

/** Longer than the function can run, by the time it takes to start one. */
const WAIT_MS = 960_000;
/** What the command does without a right to it ends with an exit code of its own. */
const NO_RIGHT = 'NoRightError';
const NO_RIGHT_CODE = 4;
/** Errors whose sentences are our own; nothing else that an error says is shown. */
const OURS = ['ConfigError', 'KeyMismatchError', 'JobError', NO_RIGHT, 'UnexpectedError'];
const MOST_CHARACTERS = 1_000;
/** Of a stage: without it the function of the command is not there. */
const SETTINGS: Partial<Record<CommandName, keyof AwsSettings>> = {
  rekey: 'nextMaskKeyId',
  adopt: 'adopted',
  recover: 'recoveryVault',
};

export interface Invocation {
  /** As on the command line. */
  stage: string;
  command: CommandName;
  /** What can be JSON. Nothing logs it, here or there. */
  request: object;
  env: Environment;
  stop: AbortSignal;
}

/**
 * Has the function of a stage do a command's work beside its database, with the caller's own identity. The call is never
 * repeated: its work may be done even if no answer comes.
 *
 * @returns what the function of this release gives
 * @throws UserError with one sentence if it cannot be found or called, or has failed
 */
export async function invokeOnStage<Answer>({ stage: name, command, request, env, stop }: Invocation): Promise<Answer> {
  const { stage, place } = findStage(name, env);
  const stack = functionsStackOf(stage);
  try {
    const functionName = await findFunction(place, stack, command, stop);
    return (await invoke(place, functionName, request, stop)) as Answer;
  } catch (error) {
    stop.throwIfAborted();
    throw explained(error, stack);
  }
}

async function findFunction(place: AwsPlace, stack: string, command: CommandName, stop: AbortSignal): Promise<string> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient(place);
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }), { abortSignal: stop });
  const output = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === commandOutput(command));
  if (output?.OutputValue) return output.OutputValue;
  const setting = SETTINGS[command];
  const how = setting ? `this release with the setting ${setting}` : 'this release';
  throw new UserError(`The stack ${stack} has no function for this: deploy ${how} first.`);
}

async function invoke(place: AwsPlace, FunctionName: string, request: object, stop: AbortSignal): Promise<unknown> {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const requestHandler = { connectionTimeout: 5_000, socketTimeout: WAIT_MS };
  const client = new LambdaClient({ ...place, maxAttempts: 1, requestHandler });
  const call = new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) });
  const { FunctionError, Payload } = await client.send(call, { abortSignal: stop });
  const answer = parse(Payload?.transformToString() ?? '');
  if (FunctionError) throw functionFailed(FunctionName, Object(answer));
  return answer;
}

/** JSON.parse's own message would quote the answer. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError('The function gave an answer that is not JSON.');
  }
}

function functionFailed(name: string, { errorType, errorMessage }: Record<string, unknown>): UserError {
  if (OURS.includes(`${errorType}`)) {
    const sentence = printable(`${errorMessage}`).slice(0, MOST_CHARACTERS);
    return new UserError(sentence, errorType === NO_RIGHT ? NO_RIGHT_CODE : 1);
  }
  const isTimeout = errorType === 'Sandbox.Timedout' || /Task timed out after/.test(`${errorMessage}`);
  return new UserError(
    isTimeout
      ? `The function ${name} was cut off after 15 minutes: ask for less, or see its log.`
      : `The function ${name} failed: its log says why.`,
  );
}

const ADVICE: readonly [names: RegExp, sentence: (stack: string) => string][] = [
  [
    /^AccessDenied/,
    () => 'This login may not do this: it needs cloudformation:DescribeStacks and lambda:InvokeFunction on them.',
  ],
  [
    /^(ValidationError|ResourceNotFoundException)$/,
    (stack) => `The stack ${stack} does not exist in this account and region.`,
  ],
  [/^TooManyRequestsException$/, () => 'Lambda runs as many functions as the account allows: try again in a moment.'],
  [/^CredentialsProviderError$/, () => 'There are no credentials for AWS: log in, or set AWS_PROFILE.'],
  [/^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature)/, () => 'AWS refuses these credentials.'],
];

function explained(error: unknown, stack: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  if (/^Region (is missing|not accepted)/.test(error.message)) return new UserError('Set AWS_REGION.');
  const sentence = ADVICE.find(([names]) => names.test(error.name))?.[1](stack);
  if (sentence) return new UserError(sentence);
  const code = errorName(error);
  return new UserError(
    `AWS did not answer (${code}). The function may still be running: look at its log before you try again.`,
  );
}
