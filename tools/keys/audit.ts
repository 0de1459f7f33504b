import type { ClientBase } from 'pg';
import { type AuditResult, audit, countFindings } from '../../lambda/jobs/audit/audit.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { type CommandModule, defineCommand } from '../cli/command.ts';
import { invokeOnStage } from '../stage/invoke.ts';
import { requireOnePlace, STAGE_OPTION } from '../stage/stage.ts';
import { describeAudit } from './describe-audit.ts';

/** Gives `work` a connection to DATABASE_URL or, if that is not set, to the database in the data folder of `npm start`. */
export type LookIntoDatabase = <T>(
  env: Environment,
  data: string,
  work: (client: ClientBase) => Promise<T>,
) => Promise<T>;

const MOST_ROWS = 100;

const HELP = `
Environment:
  DATABASE_URL  the database to check instead of the data folder's, as
                login_analyst or the owner

It looks at every value where pseudonyms belong, at text in other columns that
looks like an IPv4 address, at grants beyond those of the migrations, and at
settings by which statements with user ids reach the server's log. A million
rows take a few seconds. No value is ever printed.

Exit codes: 0 nothing found, 1 failed, 2 wrong usage, 3 something was found.`;

/** @param folder the default data folder */
export function auditCommand(look: LookIntoDatabase, folder: string): CommandModule {
  return defineCommand(
    (command) =>
      command
        .description('Checks the database for anything that should not be in it: values, grants, log settings.')
        .option('--rows', `also show where the values are: table and ctid of at most ${MOST_ROWS}`, false)
        .option('--data <dir>', "the data folder of npm start (default: the project's .login-etl)")
        .option(...STAGE_OPTION)
        .addHelpText('after', HELP),
    async ({ env, options: { rows: withRows, data, stage }, interrupt }) => {
      requireOnePlace(stage, data);
      const rows = withRows ? MOST_ROWS : 0;
      const result =
        stage === undefined
          ? await look(env, data ?? folder, (client) => audit(client, { rows }))
          : await auditOnStage(stage, rows, env, interrupt());
      const findings = countFindings(result);
      return { json: { findings, ...result }, text: describeAudit(result), exitCode: findings > 0 ? 3 : 0 };
    },
  );
}

function auditOnStage(stage: string, rows: number, env: Environment, stop: AbortSignal): Promise<AuditResult> {
  return invokeOnStage<AuditResult>({ stage, command: 'look', request: { look: 'audit', rows }, env, stop });
}
