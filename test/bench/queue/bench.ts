/**
 * `npm run bench:queue`: what it costs to empty a queue into PostgreSQL, by the SDK's client and by the event source.
 *
 * Method. Two processes, each with a queue on one emulator and a database on one PostgreSQL, drain 10,000 messages by
 * turns, in an order drawn anew in every round. Both run the function's own code in the same thread, with batches of up
 * to 10,000 and a window of a tenth of a second. The first rounds warm up and do not count. Measured are the CPU of the
 * process (all its threads; not the emulator's, not PostgreSQL's) and the time from the first call to the last delete.
 * Reported are medians with the middle half, once with the function and once with the calls alone, and ratios as medians
 * of the ratios inside each round. Proved in each run, or it fails: each has stored and deleted every message.
 *
 * Not measured: a network between the process and SQS, and TLS. On AWS a call takes 10 to 20 ms, so there the rate is
 * that of the calls side by side, and the CPU is what differs.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { removePostgres, startPostgres } from '../../../localstack/embedded/postgres/embedded-postgres.ts';
import { type Spread, spread } from '../statistics.ts';
import { measureRounds, type Round, type RoundsPlan } from './rounds.ts';

const FULL: RoundsPlan = { messages: 10_000, warmUps: 2, rounds: 11 };
const QUICK: RoundsPlan = { messages: 2_000, warmUps: 1, rounds: 3 };

const USAGE = `npm run bench:queue -- [options]

  --quick   a smoke run of a quarter of a minute, with rough figures
  --json    one JSON object on stdout instead of a table
  --help    this text

A missed target fails nothing; a way that does not store what it should does.`;

async function main(): Promise<void> {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { quick: flag, json: flag, help: flag } });
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-bench-'));
  chmodSync(folder, 0o755); // root's server runs as nobody, who must get in
  const server = await startPostgres(folder);
  try {
    const plan = values.quick ? QUICK : FULL;
    const whole = summarise(await measureRounds(server.url, plan, true), plan);
    const calls = summarise(await measureRounds(server.url, plan, false), plan);
    console.log(
      values.json
        ? JSON.stringify({ whole, calls })
        : `${describe('From queue to table', whole)}\n\n${describe('The calls alone', calls)}`,
    );
  } finally {
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

type Summary = ReturnType<typeof summarise>;

function summarise(rounds: readonly Round[], { messages }: RoundsPlan) {
  const of = (figure: (round: Round) => number) => spread(rounds.map(figure));
  const side = (id: keyof Round) => ({
    cpuSeconds: of((round) => round[id].cpuSeconds),
    messagesPerSecond: of((round) => messages / round[id].seconds),
  });
  return {
    messages,
    sdk: side('sdk'),
    ours: side('ours'),
    cpuRatio: of(({ ours, sdk }) => ours.cpuSeconds / sdk.cpuSeconds),
    rateRatio: of(({ ours, sdk }) => sdk.seconds / ours.seconds),
  };
}

function describe(title: string, { messages, sdk, ours, cpuRatio, rateRatio }: Summary): string {
  const row = (label: string, { cpuSeconds, messagesPerSecond }: Summary['sdk']) =>
    `${label.padEnd(22)}${range(cpuSeconds, 2).padEnd(28)}${range(messagesPerSecond, 0)}`;
  return [
    `${title}: ${messages.toLocaleString('en')} messages; median [middle half] of ${cpuRatio.runs} rounds`,
    '',
    `${''.padEnd(22)}${'CPU s'.padEnd(28)}messages/s`,
    row("the SDK's client", sdk),
    row('the event source', ours),
    `${'ratio'.padEnd(22)}${range(cpuRatio, 2).padEnd(28)}${range(rateRatio, 2)}`,
    `${'target'.padEnd(22)}${'at most 0.4'.padEnd(28)}at least 2`,
  ].join('\n');
}

function range({ median, p25, p75 }: Spread, digits: number): string {
  const text = (value: number) =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return `${text(median)} [${text(p25)} - ${text(p75)}]`;
}

await main();
