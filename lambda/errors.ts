/**
 * What the functions may throw. A throw fails the whole batch, so these are faults of the set-up, never of a message.
 * None carries a `cause`: the runtime prints causes, and a driver's error can quote a row.
 */

/** Settings are missing or wrong. `problems` holds one sentence each, none with a setting's value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings are wrong, so nothing was read or written: ${problems.join(' ')}`);
    this.problems = problems;
  }
}

/** The database was written with other keys than those of the settings. */
export class KeyMismatchError extends Error {
  override name = 'KeyMismatchError';
}

/** @param name in `mask_keys`: `root`, `sha256`, or a key id under which the database knows another layer key */
export function unequalKey(name: string): KeyMismatchError {
  const key = name === 'root' || name === 'sha256' ? 'The mask key' : 'The layer key';
  return new KeyMismatchError(
    `${key} is not the one that this database knows as "${name}", so nothing was written: equal values would ` +
      'get unequal pseudonyms. Use the key that wrote the first rows, or another database.',
  );
}

/** @param isAdopted whether the database holds an adopted table; the settings say the opposite */
export function otherScheme(isAdopted: boolean): KeyMismatchError {
  return new KeyMismatchError(
    isAdopted
      ? 'This database holds an adopted table of SHA-256 hashes, so nothing was written: set MASK_ADOPTED=sha256.'
      : 'This database was written without MASK_ADOPTED, so nothing was written: equal values would get unequal ' +
          'pseudonyms. Take MASK_ADOPTED out of the settings.',
  );
}

/** @param kid of the layer that the database is written under, and which is none of the settings' `kids` */
export function unknownLayer(kid: string, kids: readonly string[]): KeyMismatchError {
  return new KeyMismatchError(
    `This database is written under the layer key ${kid}, and the settings have ${kids.join(' and ')}, so nothing was ` +
      `written. Set MASK_KEY_ID to ${kid}, with its layer key.`,
  );
}

/** A call other than a batch could not do its work. The message is one sentence, and all that a deployment shows of it. */
export class JobError extends Error {
  override name = 'JobError';
}

/** The caller has no right to it. The message says who has. */
export class NoRightError extends JobError {
  override name = 'NoRightError';
}

/** What arrived is not an SQS event, so not even its failures can be reported one by one. */
export class MalformedEventError extends Error {
  override name = 'MalformedEventError';
}

/** Stands for an unforeseen error: says where it happened, and leaves out the message, which may quote data. */
export class UnexpectedError extends Error {
  override name = 'UnexpectedError';

  constructor(error: unknown) {
    super(`An unexpected ${errorName(error)} stopped the function.`);
    if (error instanceof Error) this.stack = [`${this.name}: ${this.message}`, ...stackFrames(error)].join('\n');
  }
}

/** The kind of a fault: its name or, if that says nothing, its system code. Either could be set to anything. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error ? error.code : undefined;
  const names = ['Error', 'AggregateError'].includes(error.name) ? [code, error.name] : [error.name];
  return names.find((name): name is string => typeof name === 'string' && /^[A-Za-z]{1,64}$/.test(name)) ?? 'Error';
}

/** Lines that name a place in the code. The message goes first, since one of its lines could look like that. */
function stackFrames(error: Error): string[] {
  const lines = String(error.stack).replace(String(error.message), '').split('\n');
  return lines.filter((line) => /^\s+at .*(:\d+:\d+|<anonymous>)\)?$/.test(line));
}

/** The error itself if it is one of ours, otherwise an `UnexpectedError` in its place. */
export function safeError(error: unknown): Error {
  const ours = [ConfigError, KeyMismatchError, MalformedEventError, JobError, UnexpectedError];
  return ours.some((type) => error instanceof type) ? (error as Error) : new UnexpectedError(error);
}
