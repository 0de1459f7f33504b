import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Facts } from '../lambda/jobs/report/facts.ts';
import { readFacts } from '../lambda/jobs/report/read-facts.ts';
import { type CommandLine, defineCommand } from '../tools/cli/command.ts';
import { printable } from '../tools/cli/printable.ts';
import { formatCount } from '../tools/cli/progress.ts';
import { integerBetween } from '../tools/cli/values.ts';
import { databaseName, type RunRecord, readRunRecord } from '../tools/report/run-record.ts';
import { reportFile, writeReport } from '../tools/report/write-report.ts';
import { invokeOnStage } from '../tools/stage/invoke.ts';
import { requireOnePlace, STAGE_OPTION } from '../tools/stage/stage.ts';
import { DATA_FOLDER } from './embedded/data-folder.ts';
import { DATA_OPTION, DATABASE_HELP, lookIntoDatabase } from './embedded/look-into-database.ts';

interface Found {
  facts: Facts;
  /** null if it is not known what became of the last run's messages. */
  record: RunRecord | null;
  /** Where the report goes. */
  file: string;
}

type Line = Pick<CommandLine, 'env' | 'stderr' | 'interrupt'>;

export const command = defineCommand(
  (command) =>
    command
      .description(
        'Draws the logins as one HTML file, from one snapshot. The page needs no network and runs no script. ' +
          'With --json it prints the figures instead.',
      )
      .option('--out <file>', 'write it here (default: report.html in the data folder)')
      .option('--days <n>', 'only the logins of the last n days', integerBetween(1, 36_500))
      .option(...DATA_OPTION)
      .option(...STAGE_OPTION)
      .addHelpText('after', DATABASE_HELP),
  async ({ options: { out, days = null, data, stage }, ...line }) => {
    requireOnePlace(stage, data);
    const { facts, record, file } = await (stage === undefined ? here(line, days, data) : onStage(line, days, stage));
    const json = { ...facts };
    if (line.json && out === undefined) return { json };
    const path = await writeReport(resolve(out ?? file), facts, record, stage === undefined ? 'here' : 'stage');
    return {
      json,
      text: `${facts.logins === 1 ? '1 login' : `${formatCount(facts.logins)} logins`}, for a browser:\n  ${pathToFileURL(path)}\n`,
    };
  },
);

async function here({ env, stderr }: Line, days: number | null, data = DATA_FOLDER): Promise<Found> {
  const onStep = (what: string, step: number, steps: number) => {
    stderr.write(`  counting ${what} (${step} of ${steps})\n`);
  };
  const facts = await lookIntoDatabase(env, data, (client) => readFacts(client, { days, onStep }));
  return { facts, record: readRunRecord(data, databaseName(env)), file: reportFile(data) };
}

async function onStage({ env, stderr, interrupt }: Line, days: number | null, stage: string): Promise<Found> {
  const stop = interrupt('The function goes on counting, and its answer is dropped.');
  stderr.write(`  counting next to the database of ${printable(stage)}\n`);
  const request = { look: 'report', days };
  const facts = await invokeOnStage<Facts>({ stage, command: 'look', request, env, stop });
  return { facts, record: null, file: reportFile(DATA_FOLDER, stage) };
}
