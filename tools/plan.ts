import { parseArgs } from 'node:util';
import { ordersOfMagnitude } from '../infra/plan/orders.ts';
import { planReport } from '../infra/plan/report.ts';
import { AWS_STAGES } from '../infra/settings/settings.ts';

const HELP = `What a stage comes to under a load: batches, functions, database, storage, dollars, and the first limit.

  npm run plan -- --rate 200 --peak 2000      events a second, steady and at the peak
  npm run plan -- --orders                    what carries 1 to 1,000,000 events a second, as Markdown

  --stage S          dev or prod, whose settings count (default: prod)
  --rate N           events a second of an average day (default: traffic.eventsPerSecond of the settings)
  --peak N           the most that come for minutes (default: the settings', or --rate)
  --bytes N          of a message's body (default: the settings')
  --send-batch N     messages that producers send at once, 1 to 10 (default: 1)

It reckons from figures that "npm run bench:costs" measured, without an account.
`;

const OPTIONS = {
  stage: { type: 'string', default: 'prod' },
  rate: { type: 'string' },
  peak: { type: 'string' },
  bytes: { type: 'string' },
  'send-batch': { type: 'string', default: '1' },
  orders: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function main(args: string[]): number {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return print(process.stdout, HELP, 0);
  const settings = AWS_STAGES[values.stage as keyof typeof AWS_STAGES];
  if (!settings) return fail(`--stage is ${Object.keys(AWS_STAGES).join(' or ')}.`);
  const { traffic } = settings;
  const given = (name: 'rate' | 'peak' | 'bytes' | 'send-batch', otherwise: number) =>
    values[name] === undefined ? otherwise : Number(values[name]);
  const rate = given('rate', traffic.eventsPerSecond);
  const peak = given('peak', values.rate === undefined ? traffic.peakEventsPerSecond : rate);
  const [eventBytes, sentAtOnce] = [given('bytes', traffic.eventBytes), given('send-batch', 1)];
  const problem = problemOf(rate, peak, eventBytes, sentAtOnce);
  if (problem) return fail(problem);
  const report = values.orders
    ? ordersOfMagnitude(settings, eventBytes)
    : planReport(settings, {
        steady: { eventsPerSecond: rate, eventBytes },
        peak: { eventsPerSecond: peak, eventBytes },
        sentAtOnce,
      });
  return print(process.stdout, `${report}\n`, 0);
}

function problemOf(rate: number, peak: number, bytes: number, sentAtOnce: number): string | undefined {
  if (!(rate > 0 && peak >= rate && peak <= 1e8))
    return '--rate and --peak are events a second: above 0, the peak not below the rate.';
  if (!(bytes >= 1 && bytes <= 1_048_576)) return '--bytes is 1 to 1048576, the limit of SQS.';
  if (!(sentAtOnce >= 1 && sentAtOnce <= 10)) return '--send-batch is 1 to 10.';
  return undefined;
}

function fail(problem: string): number {
  return print(process.stderr, `${problem} --help tells more.\n`, 2);
}

function print(stream: NodeJS.WritableStream, text: string, exitCode: number): number {
  stream.write(text);
  return exitCode;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  // parseArgs's own sentence about an option that it does not know.
  process.exitCode = fail(`${(error as Error).message}.`);
}
