import { pruneLedger } from '../lambda/store/schema/prune-ledger.ts';
import { formatCount } from './cli/progress.ts';
import { databaseCommand } from './database-command.ts';

export const command = databaseCommand({
  name: 'maintain',
  description:
    'Deletes ledger entries of messages that can no longer come again. Can run at any time, while the function goes on.',
  run: async (databaseUrl) => ({ deleted: await pruneLedger(databaseUrl) }),
  describe: ({ deleted }) => `Deleted ${formatCount(deleted)} ledger entries.`,
});
