import type { StackState } from './account.ts';

/** Whether the next deployment makes the stack, be it again. */
export function isYetToBeMade(state: StackState | null): boolean {
  return state === null || ['REVIEW_IN_PROGRESS', 'DELETE_COMPLETE'].includes(state.status) || hasFailedToStart(state);
}

/** Then cdk deletes what is left of it, and starts again. */
function hasFailedToStart({ status }: StackState): boolean {
  return ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'].includes(status);
}

/** @returns what keeps cdk from deploying the stack and what to do about it, in a sentence; null: nothing */
export function obstacle(name: string, state: StackState | null): string | null {
  if (state === null) return null;
  const { status, isProtected } = state;
  const aws = (call: string) => `"aws cloudformation ${call} --stack-name ${name}"`;
  if (hasFailedToStart(state)) {
    const unprotect = aws('update-termination-protection --no-enable-termination-protection');
    return isProtected
      ? `${name} failed when it was made, and is protected, so that it cannot be deleted and made again: run ${unprotect}, ` +
          'switch off the deletion protection of its cluster if there is one, and deploy again.'
      : null;
  }
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    return `${name} could not be rolled back (${status}): run ${aws('continue-update-rollback')}, and deploy again.`;
  }
  if (status === 'DELETE_FAILED') {
    return `${name} could not be deleted (${status}): run ${aws('delete-stack')} until it is gone, and deploy again.`;
  }
  if (status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS') {
    return `${name} is being changed by somebody else (${status}): wait until that is over.`;
  }
  return null;
}
