import { errorName } from '../../lambda/errors.ts';

/** `QueueDoesNotExist`, `ECONNREFUSED`: the name of an answer of SQS, which comes in more than one form, or of a fault. */
export function awsErrorName(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  const plain = /^AWS\.SimpleQueueService\.([A-Za-z]+)$/.exec(name)?.[1] ?? errorName(error);
  return plain.replace(/Exception$/, '');
}
