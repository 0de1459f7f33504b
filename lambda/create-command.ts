import type { Context } from 'aws-lambda';
import { JobError, safeError } from './errors.ts';
import { classifyDatabaseError } from './store/connection/classify-error.ts';
import { createJobLog, type JobLog } from './telemetry/job-log.ts';

export type CommandFunction<Answer> = (request: unknown, context?: Context) => Promise<Answer>;

/** Bytes of its JSON; Lambda itself takes 6 MB. */
const MOST_BYTES = 5_000_000;

/**
 * A function that does the work of a command of `npx login-etl` next to the database: the command invokes it and waits.
 * Neither the request nor the answer gets into the log.
 *
 * @param work is given the request as it came, from anybody who may invoke the function. It returns what can be JSON
 * @returns throws only what `errors.ts` lists, whose message the command shows
 */
export function createCommand<Answer extends object>(
  name: string,
  work: (request: unknown, log: JobLog) => Promise<Answer>,
): CommandFunction<Answer> {
  const log = createJobLog(name);
  return async (request, context) => {
    log.use(context);
    try {
      const answer = await work(request, log);
      const bytes = Buffer.byteLength(JSON.stringify(answer));
      if (bytes > MOST_BYTES) {
        throw new JobError('The answer is larger than the 5 MB that a function can give: ask for less.');
      }
      log.done({ bytes });
      return answer;
    } catch (thrown) {
      const code = classifyDatabaseError(thrown)?.code;
      const error = code === undefined ? safeError(thrown) : new JobError(`The database cannot do this (${code}).`);
      log.failed(error);
      throw error;
    }
  };
}
