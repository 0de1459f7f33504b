import { planFigures } from '../infra/plan/figures.ts';
import { ordersOfMagnitude, ordersTable } from '../infra/plan/orders.ts';
import { planReport } from '../infra/plan/report.ts';
import { AWS_STAGES } from '../infra/settings/settings.ts';
import { defineCommand } from './cli/command.ts';
import { UserError } from './cli/user-error.ts';

export const command = defineCommand(
  (command) =>
    command
      .description(
        'Estimates what a stage needs under a load: batches, functions, database, storage, dollars, and the first ' +
          'limit it meets. Starts from figures that "npm run bench:costs" measured; needs no account.',
      )
      .option('--stage <name>', 'whose settings to use: dev or prod', 'prod')
      .option('--rate <n>', "events a second on an average day (default: the settings')", Number)
      .option('--peak <n>', "events a second while a peak of minutes lasts (default: the settings', or --rate)", Number)
      .option('--bytes <n>', "bytes in a message's body (default: the settings')", Number)
      .option('--send-batch <n>', 'messages that producers send at once, 1 to 10', Number, 1)
      .option('--orders', 'a table of what carries 1 to 1,000,000 events a second, in Markdown', false),
  async ({ options }) => {
    const settings = AWS_STAGES[options.stage as keyof typeof AWS_STAGES];
    if (!settings) throw new UserError(`--stage must be ${Object.keys(AWS_STAGES).join(' or ')}.`, 2);
    const { traffic } = settings;
    const rate = options.rate ?? traffic.eventsPerSecond;
    const peak = options.peak ?? (options.rate === undefined ? traffic.peakEventsPerSecond : rate);
    const eventBytes = options.bytes ?? traffic.eventBytes;
    const problem = problemOf(rate, peak, eventBytes, options.sendBatch);
    if (problem) throw new UserError(problem, 2);
    const { stage } = settings;
    if (options.orders) {
      const orders = ordersOfMagnitude(settings, eventBytes);
      return { json: { stage, orders }, text: `${ordersTable(settings, eventBytes)}\n` };
    }
    const expected = {
      steady: { eventsPerSecond: rate, eventBytes },
      peak: { eventsPerSecond: peak, eventBytes },
      sentAtOnce: options.sendBatch,
    };
    return { json: { stage, ...planFigures(settings, expected) }, text: `${planReport(settings, expected)}\n` };
  },
);

function problemOf(rate: number, peak: number, bytes: number, sentAtOnce: number): string | undefined {
  if (!(rate > 0 && peak >= rate && peak <= 1e8))
    return '--rate and --peak are events a second: they must be above 0, and the peak at least the rate.';
  if (!(bytes >= 1 && bytes <= 1_048_576)) return '--bytes must be 1 to 1048576, the limit of SQS.';
  if (!(sentAtOnce >= 1 && sentAtOnce <= 10)) return '--send-batch must be 1 to 10.';
  return undefined;
}
