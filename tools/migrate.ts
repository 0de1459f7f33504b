import { migrate } from '../lambda/store/schema/migrate.ts';
import { runDatabaseCommand, WAIT_HELP } from './database-command.ts';

await runDatabaseCommand({
  help: `Brings the database of DATABASE_URL to the newest schema. Harmless to run again, at any time.

  DATABASE_URL=postgres://owner:password@host:5432/database npm run migrate

The role must be allowed to create tables and roles.
  ${WAIT_HELP}
  --json           the result as one JSON object
  --help           this text
`,
  run: async (databaseUrl) => ({ applied: await migrate(databaseUrl) }),
  describe: ({ applied }) =>
    applied.length === 0 ? 'Nothing to do: the schema is the newest.' : `Applied ${applied.join(', ')}.`,
});
