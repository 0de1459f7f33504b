/** What the user can mend: shown as one sentence without a stack. */
export class UserError extends Error {
  override name = 'UserError';
}
