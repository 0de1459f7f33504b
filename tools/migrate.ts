import { migrate } from '../lambda/store/schema/migrate.ts';
import { databaseCommand } from './database-command.ts';

export const command = databaseCommand({
  name: 'migrate',
  description:
    'Brings the database of DATABASE_URL to the newest schema. Safe to run again at any time. ' +
    'The role must be allowed to create tables and roles.',
  run: async (databaseUrl) => ({ applied: await migrate(databaseUrl) }),
  describe: ({ applied }) =>
    applied.length === 0 ? 'Nothing to do: the schema is up to date.' : `Applied ${applied.join(', ')}.`,
});
