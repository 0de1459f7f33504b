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
        summary: 'run the whole pipeline on this machine, on your events or samples',
        load: async () => (await import('../../localstack/start.ts')).command,
      },
      seed: {
        summary: 'send events to the queue on LocalStack or of start --watch',
        load: async () => (await import('../../localstack/seed.ts')).command,
      },
      drain: {
        summary: 'store what is in a queue without Lambda, once or as a service',
        load: async () => (await import('../drain/drain.ts')).command,
      },
    },
    'Look at it': {
      report: {
        summary: 'draw the logins as one HTML file',
        load: async () => (await import('../../localstack/report.ts')).command,
      },
      export: {
        summary: 'write all rows, or those of one user, as CSV, JSON or JSON Lines',
        load: async () => (await import('../../localstack/export.ts')).command,
      },
      sql: {
        summary: 'run one statement that only reads, or open psql',
        load: async () => (await import('../../localstack/sql.ts')).command,
      },
      plan: {
        summary: 'estimate what a load needs and costs on AWS',
        load: async () => (await import('../plan.ts')).command,
      },
    },
    'Operate it': {
      dlq: {
        summary: 'work on the dead-letter queue: list, show, redrive, purge',
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
        summary: 'compute the pseudonym of a value that you know',
        load: async () => (await import('../keys/pseudonym.ts')).command,
      },
      audit: {
        summary: 'check the database for anything that should not be in it',
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
        summary: 'open values in the recovery vault, for a recorded reason',
        load: async () => (await import('../keys/recover.ts')).recoverCommand(...(await database())),
      },
      erase: {
        summary: 'erase a person, a month of the vault, or all before a day',
        load: async () => (await import('../keys/erase.ts')).eraseCommand(...(await database())),
      },
      vault: {
        summary: "make the recovery vault's key pair: new-key",
        load: async () => (await import('../keys/vault.ts')).command,
      },
    },
    'Deploy it': {
      deploy: {
        summary: 'deploy a stage to AWS or LocalStack',
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
        summary: "write a stage's templates, with all checks; needs no account",
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
