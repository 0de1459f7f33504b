import type { StackState } from './account.ts';

/** Whether the next deployment creates the stack, for the first time or again. */
export function isYetToBeMade(state: StackState | null): boolean {
  return state === null || ['REVIEW_IN_PROGRESS', 'DELETE_COMPLETE'].includes(state.status) || hasFailedToStart(state);
}

/** cdk then deletes what is left of it, and starts again. */
function hasFailedToStart({ status }: StackState): boolean {
  return ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'].includes(status);
}

/** @returns what keeps cdk from deploying the stack and what to do about it, in one sentence, or null */
export function obstacle(name: string, state: StackState | null): string | null {
  if (state === null) return null;
  const { status, isProtected } = state;
  const aws = (call: string) => `"aws cloudformation ${call} --stack-name ${name}"`;
  if (hasFailedToStart(state)) {
    const unprotect = aws('update-termination-protection --no-enable-termination-protection');
    return isProtected
      ? `${name} failed while it was created and is protected, so it cannot be deleted and created again: run ${unprotect}, ` +
          'turn off the deletion protection of its cluster if there is one, and deploy again.'
      : null;
  }
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    return `${name} could not be rolled back (${status}): run ${aws('continue-update-rollback')}, and deploy again.`;
  }
  if (status === 'DELETE_FAILED') {
    return `${name} could not be deleted (${status}): run ${aws('delete-stack')} until it is gone, and deploy again.`;
  }
  if (status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS') {
    return `${name} is being changed by another deployment (${status}): wait until that has finished.`;
  }
  return null;
}
