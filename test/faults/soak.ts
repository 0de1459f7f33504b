import { parseArgs } from 'node:util';
import { formatCount } from '../../tools/cli/progress.ts';
import { anySeed } from '../support/random.ts';
import { runSoak, type SoakResult } from './support/soak-run.ts';
import { makeTemplate, removeDatabase } from './support/template.ts';

const HELP = `Sends events through the whole pipeline on this machine while its parts are killed, cut off and held up, and then
checks that each valid event is one row, each invalid one a dead letter, and no raw value was seen anywhere.

  npm run test:soak                     100,000 events, in a minute or two
  npm run test:soak -- --events 1000000

  --events N    how many
  --seed N      the same events and faults as in an earlier run
  --json        the result as one JSON object; everything else goes to standard error
  --help        this text

The exit code is 0 when every promise was kept, 1 when one was broken, 2 when the command line makes no sense.
`;

interface SoakOptions {
  events: number;
  seed: number;
  json: boolean;
  help: boolean;
}

function parseOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '100000' },
      seed: { type: 'string', default: `${anySeed()}` },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const events = Number(values.events);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(events) || events < 1 || events > 100_000_000) throw new Error('--events must be a number');
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('--seed must be a number');
  return { ...values, events, seed };
}

async function main({ events, seed, json }: SoakOptions): Promise<number> {
  process.stderr.write(`${formatCount(events)} events, with faults drawn by --seed ${seed} ...\n`);
  const template = await makeTemplate();
  try {
    const result = await runSoak(template, events, seed);
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : describe(result));
    return result.violations.length === 0 ? 0 : 1;
  } finally {
    removeDatabase(template);
  }
}

function describe({ events, seed, seconds, faults, counts, memory, violations }: SoakResult): string {
  const sum = Object.values(faults).reduce((a, b) => a + b, 0);
  const sizes = Object.entries(memory).map(([when, at]) => `${when} ${at.harness} + ${at.function} MB`);
  const verdict = violations.map(({ kind, count, what }) => `BROKEN  ${kind}: ${formatCount(count)} ${what}`);
  return [
    `${formatCount(events)} events in ${seconds} s, seed ${seed}`,
    `faults      ${sum}: ${Object.entries(faults)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    `deliveries  ${Object.entries(counts)
      .map(([name, count]) => `${name} ${formatCount(count)}`)
      .join(', ')}`,
    `memory      queue and runner + function: ${sizes.join(', ')}`,
    ...(verdict.length > 0 ? verdict : ['every promise was kept: nothing lost, nothing twice']),
    '',
  ].join('\n');
}

function parseOrExplain(args: readonly string[]): SoakOptions | null {
  try {
    return parseOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}. npm run test:soak -- --help lists the options.\n`);
    return null;
  }
}

const options = parseOrExplain(process.argv.slice(2));
if (options?.help) process.stdout.write(HELP);
else process.exitCode = options ? await main(options) : 2;
