import type { Context } from 'aws-lambda';
import { safeError } from './errors.ts';
import { createJobLog, type JobLog } from './telemetry/job-log.ts';

export type Job<Result> = (event?: unknown, context?: Context) => Promise<Result>;

/**
 * A function that does one piece of work when it is called, whatever it is called with, and logs what came of it.
 *
 * @returns throws only what `errors.ts` lists
 */
export function createJob<Result extends object>(name: string, work: (log: JobLog) => Promise<Result>): Job<Result> {
  const log = createJobLog(name);
  return async (_event, context) => {
    log.use(context);
    try {
      const result = await work(log);
      log.done(result);
      return result;
    } catch (thrown) {
      const error = safeError(thrown);
      log.failed(error);
      throw error;
    }
  };
}
