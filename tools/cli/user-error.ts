/** An error that the user can fix: shown as one sentence, without a stack. */
export class UserError extends Error {
  override name = 'UserError';
  readonly exitCode: number;

  /** @param exitCode 2 for a command line that makes no sense, 1 for everything else */
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
