import { createJob, type Job } from './create-job.ts';
import { ConfigError } from './errors.ts';
import { readDatabase } from './settings/database-settings.ts';
import { ENV, type Environment } from './settings/environment.ts';
import { readEraseAfterDays } from './settings/erase-after-days.ts';
import { WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { migrateAsOwner } from './store/schema/migrate-as-owner.ts';

/**
 * The Lambda entry of a deployment: brings the schema of DATABASE_URL to what this release needs, and lets the maintenance
 * erase by age if ERASE_AFTER_DAYS, a setting of the maintenance, is set.
 */
export const handler = createMigration(process.env);

export function createMigration(env: Environment, waitSeconds = WAIT_SECONDS): Job<{ applied: string[] }> {
  return createJob('migration', async (log) => {
    const problems: string[] = [];
    const database = readDatabase({ ...env, [ENV.databaseLogin]: 'iam' }, problems);
    const erasesByAge = readEraseAfterDays(env, problems) !== null;
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    const applied = await migrateAsOwner(database, {
      patience: { seconds: waitSeconds, say: log.waiting },
      erasesByAge,
    });
    return { applied };
  });
}
