import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineCommand } from '../tools/cli/command.ts';
import { formatCount } from '../tools/cli/progress.ts';
import { integerBetween } from '../tools/cli/values.ts';
import { readFacts } from '../tools/report/read-facts.ts';
import { databaseName, readRunRecord } from '../tools/report/run-record.ts';
import { reportFile, writeReport } from '../tools/report/write-report.ts';
import { DATA_FOLDER } from './embedded/data-folder.ts';
import { DATA_OPTION, DATABASE_HELP, lookIntoDatabase } from './embedded/look-into-database.ts';

export const command = defineCommand(
  (command) =>
    command
      .description(
        'Draws the logins as one HTML file, from aggregates of one moment. It needs no network and runs no script. ' +
          'With --json it prints the figures instead.',
      )
      .option('--out <file>', 'write it here (default: report.html in the data folder)')
      .option('--days <n>', 'only the logins of the last so many days', integerBetween(1, 36_500))
      .option(...DATA_OPTION)
      .addHelpText('after', DATABASE_HELP),
  async ({ env, stderr, json: isJson, options: { out, days = null, data = DATA_FOLDER } }) => {
    const onStep = (what: string, step: number, steps: number) => {
      stderr.write(`  counting ${what} (${step} of ${steps})\n`);
    };
    const facts = await lookIntoDatabase(env, data, (client) => readFacts(client, { days, onStep }));
    const json = { ...facts };
    if (isJson && out === undefined) return { json };
    const record = readRunRecord(data, databaseName(env));
    const path = await writeReport(resolve(out ?? reportFile(data)), facts, record);
    return {
      json,
      text: `${facts.logins === 1 ? '1 login' : `${formatCount(facts.logins)} logins`}, for a browser:\n  ${pathToFileURL(path)}\n`,
    };
  },
);
