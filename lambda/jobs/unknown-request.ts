import { JobError } from '../errors.ts';

/** A command has sent a request that this release does not know. */
export function unknownRequest(): JobError {
  return new JobError('The deployed function does not know this request: deploy the release whose command you use.');
}
