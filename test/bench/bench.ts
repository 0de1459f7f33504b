/**
 * `npm run bench`: what a batch of login events costs from body strings to commit, and what the function costs to load.
 *
 * Method. For batches of 10, 100, 1,000 and 10,000 events the contestants (plan.ts) run by turns in one process, each
 * with a database and one connection of its own on one embedded PostgreSQL with its default settings (fsync on). Their
 * order is drawn anew in every round; every batch is made of new messages; before each timing young garbage is collected
 * and ten other events go ahead; small batches are timed several at once; checkpoints happen between rounds. The first
 * rounds warm up and do not count. Reported are medians with the middle half, and ratios as medians of the ratios inside
 * each round. The headline is c over d: the handler over the same two COPYs from bytes that were ready before the clock
 * started. On a quiet machine ratios repeat within 5 %; under a foreign load c is slowed down far more than d, which
 * leaves the client idle. The ledgers of c and d hold a million entries before the first batch.
 *
 * Proved in each run, or it fails: b, c and d turn the same messages, awkward texts included, into the same rows; each
 * contestant stored every event it was given; the handler's log was written.
 *
 * The handler's time includes its checks, ledger, log line and metrics, as on Lambda. The CPU is that of the whole client
 * process, with the threads that collect garbage and compile. The bundle is built as for the deployment, and imported in
 * new processes by turns with an empty one.
 *
 * Not measured: a network between function and database (each contestant but the first needs one or two round trips
 * per batch, row by row one per event), TLS, Lambda itself (its CPU share, its cold start), the queue, several functions
 * at once, and whether the disk keeps what fsync promises.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { UserError } from '../../tools/cli/user-error.ts';
import { measureBundle } from './bundle.ts';
import { FULL, ledgerPlan, QUICK } from './plan.ts';
import { formatReport, type Report } from './report.ts';
import { ledgerTargets, summarise, targets } from './summary.ts';
import { measureWritePath } from './write-path.ts';

const USAGE = `npm run bench -- [options]

  --quick      a smoke run of half a minute, with rough figures
  --ledger N   instead of all else: what a ledger of N entries costs a batch over an empty one
  --json       one JSON object on stdout instead of tables
  --help       this text

Progress goes to stderr. A missed target fails nothing; a way that does not store what it should does.`;

async function bench({ quick, ledger }: BenchOptions, signal: AbortSignal): Promise<Report> {
  const plan = ledger ? ledgerPlan(ledger) : quick ? QUICK : FULL;
  if (!ledger) process.stderr.write('Bundle\n');
  const bundle = ledger ? null : await measureBundle(plan.bundleRuns, signal);
  const { serverVersion, sizes: samples, storage } = await measureWritePath(plan, signal);
  const sizes = samples.map(summarise);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown cpu',
    cores: availableParallelism(),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    postgres: serverVersion,
  };
  const reached = bundle ? targets(sizes, bundle) : ledgerTargets(sizes, plan.ledgerEntries);
  return { machine, quick, sizes, storage, bundle, targets: reached };
}

async function main(): Promise<number> {
  const { json, help, ...options } = readOptions();
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const report = await bench(options, interrupt.signal);
  console.log(json ? JSON.stringify(report) : `\n${formatReport(report)}`);
  return 0;
}

interface BenchOptions {
  quick: boolean;
  /** Entries; 0 for the usual run. */
  ledger: number;
}

function readOptions(): BenchOptions & { json: boolean; help: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const ledger = { type: 'string', default: '0' } as const;
    const { values } = parseArgs({ options: { quick: flag, json: flag, help: flag, ledger } });
    if (!/^\d{1,9}$/.test(values.ledger)) throw new Error('--ledger is a number of entries.');
    return { ...values, ledger: Number(values.ledger) };
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const interrupted = error instanceof Error && error.name === 'AbortError';
  if (interrupted) console.error('Interrupted.');
  else console.error(error instanceof UserError ? error.message : error);
  process.exitCode = interrupted ? 130 : 1;
}
