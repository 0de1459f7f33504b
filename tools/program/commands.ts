import type { ProgramDefinition } from '../cli/program.ts';
import { explainError } from '../explain-error.ts';

/** Every command there is. This file alone may import from every room, and only inside `load`. */
export const PROGRAM: ProgramDefinition = {
  name: 'npx login-etl',
  description: 'Login events from SQS to masked rows in Postgres, exactly once.',
  explain: explainError,
  groups: {
    'Run it': {
      start: {
        summary: 'the whole pipeline on this machine, with events of yours or ours',
        load: async () => (await import('../../localstack/start.ts')).command,
      },
      seed: {
        summary: 'send events to the pipeline on LocalStack',
        load: async () => (await import('../../localstack/seed.ts')).command,
      },
      drain: {
        summary: 'the queue into the table without Lambda, once or for good',
        load: async () => (await import('../drain/drain.ts')).command,
      },
    },
    'Look at it': {
      report: {
        summary: 'the logins as one HTML file',
        load: async () => (await import('../../localstack/report.ts')).command,
      },
      export: {
        summary: 'the rows as CSV, JSON or JSON Lines; or all of one user',
        load: async () => (await import('../../localstack/export.ts')).command,
      },
      sql: {
        summary: 'one statement that only reads, or psql',
        load: async () => (await import('../../localstack/sql.ts')).command,
      },
      plan: {
        summary: 'what a load comes to and costs on AWS',
        load: async () => (await import('../plan.ts')).command,
      },
    },
    'Operate it': {
      dlq: {
        summary: 'the dead-letter queue: list, show, redrive, purge',
        load: async () => (await import('../dlq/dlq.ts')).dlqCommand(),
      },
      migrate: {
        summary: 'bring a database to the newest schema',
        load: async () => (await import('../migrate.ts')).command,
      },
      maintain: {
        summary: 'delete ledger entries that are no longer needed',
        load: async () => (await import('../maintain.ts')).command,
      },
    },
    'Keys and people': {
      pseudonym: {
        summary: 'the pseudonym of a value that you know',
        load: async () => (await import('../keys/pseudonym.ts')).command,
      },
      audit: {
        summary: 'whether anything is in the database that should not be',
        load: async () => (await import('../keys/audit.ts')).auditCommand(...(await database())),
      },
      adopt: {
        summary: 'take over a table that another program has masked with SHA-256',
        load: async () => (await import('../keys/adopt.ts')).command,
      },
      rekey: {
        summary: 'replace the layer key of all pseudonyms, while writers go on',
        load: async () => (await import('../keys/rekey.ts')).command,
      },
      recover: {
        summary: 'open values of the recovery vault, for a reason that is kept',
        load: async () => (await import('../keys/recover.ts')).recoverCommand(...(await database())),
      },
      erase: {
        summary: 'a person, a month of the vault, or all that is older than a day',
        load: async () => (await import('../keys/erase.ts')).eraseCommand(...(await database())),
      },
      vault: {
        summary: 'the recovery vault: new-key',
        load: async () => (await import('../keys/vault.ts')).command,
      },
    },
    'Deploy it': {
      deploy: {
        summary: 'the stacks of a stage, to AWS or LocalStack',
        async load() {
          const { deployCommand } = await import('../deploy/deploy.ts');
          return deployCommand(async (line) => (await import('../../localstack/deploy.ts')).deploy(line));
        },
      },
      destroy: {
        summary: 'take down what was deployed to LocalStack',
        load: async () => (await import('../../localstack/destroy.ts')).command,
      },
      synth: {
        summary: 'the templates of a stage, with all checks; needs no account',
        load: async () => (await import('../deploy/synth.ts')).command,
      },
    },
  },
};

/** What the commands that look into a database of `npm start` need. */
async function database() {
  const { lookIntoDatabase } = await import('../../localstack/embedded/look-into-database.ts');
  const { DATA_FOLDER } = await import('../../localstack/embedded/data-folder.ts');
  return [lookIntoDatabase, DATA_FOLDER] as const;
}
