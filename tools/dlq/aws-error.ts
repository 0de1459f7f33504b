import { errorName } from '../../lambda/errors.ts';

/** `QueueDoesNotExist`, `ECONNREFUSED`: SQS's name for an error, which comes in more than one form, or the code of a system error. */
export function awsErrorName(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  const plain = /^AWS\.SimpleQueueService\.([A-Za-z]+)$/.exec(name)?.[1] ?? errorName(error);
  return plain.replace(/Exception$/, '');
}
