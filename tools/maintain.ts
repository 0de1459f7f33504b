import { pruneLedger } from '../lambda/store/schema/prune-ledger.ts';
import { runDatabaseCommand, WAIT_HELP } from './database-command.ts';

await runDatabaseCommand({
  help: `Deletes ledger entries of messages that can no longer come again. Can run at any time, beside the function.

  DATABASE_URL=postgres://owner:password@host:5432/database npm run maintain

  ${WAIT_HELP}
  --json           the result as one JSON object
  --help           this text
`,
  run: async (databaseUrl) => ({ deleted: await pruneLedger(databaseUrl) }),
  describe: ({ deleted }) => `Deleted ${deleted.toLocaleString('en-US')} ledger entries.`,
});
