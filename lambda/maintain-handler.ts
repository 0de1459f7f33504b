import { readDatabase } from './database-settings.ts';
import type { Environment } from './environment.ts';
import { ConfigError, JobError } from './errors.ts';
import { createJob, type Job } from './job.ts';
import { pruneLedger } from './store/prune-ledger.ts';
import { classifyFault } from './store/retry-policy.ts';

/** Shorter than a function may live, so that it can say what happened. */
const LIMITS = { statement_timeout: 600_000, query_timeout: 605_000 };

/** The Lambda entry of a schedule: forgets ledger entries of messages that can no longer come again. */
export const handler = createMaintenance(process.env);

export function createMaintenance(env: Environment): Job<{ deleted: number }> {
  return createJob('maintenance', async () => {
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    try {
      return { deleted: await pruneLedger({ ...database, ...LIMITS }) };
    } catch (error) {
      const fault = classifyFault(error);
      if (!fault) throw error;
      throw new JobError(`The ledger was not pruned to its end (database ${fault.code}); the next run goes on there.`);
    }
  });
}
