import { UserError } from '../../tools/cli/user-error.ts';

/** The error that a user would see; the test fails if there is none. */
export function userFault(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('there is no fault');
}
