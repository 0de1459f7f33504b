import { createJob, type Job } from './create-job.ts';
import { ConfigError } from './errors.ts';
import { readDatabase } from './settings/database-settings.ts';
import { ENV, type Environment } from './settings/environment.ts';
import { type Migrated, migrateAsOwner } from './store/schema/migrate-as-owner.ts';

/** The Lambda entry of a deployment: brings the schema of DATABASE_URL to what this release needs. */
export const handler = createMigration(process.env);

export function createMigration(env: Environment): Job<Migrated> {
  return createJob('migration', async () => {
    const problems: string[] = [];
    const database = readDatabase({ ...env, [ENV.databaseLogin]: 'iam' }, problems);
    const secretArn = env[ENV.masterSecretArn];
    if (!secretArn) problems.push(`${ENV.masterSecretArn} is missing; RDS keeps the password of the owner there.`);
    if (problems.length > 0 || !database || !secretArn) throw new ConfigError(problems);
    return migrateAsOwner(database, secretArn);
  });
}
