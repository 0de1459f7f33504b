/**
 * `npm run bench:vault`: what the recovery vault costs, in CPU of the function's process and of PostgreSQL's together.
 *
 * Method. One process writes the same kinds of batches by turns, each kind into a database of its own: with the vault off,
 * and on with none, half and all of the values new in the month. Each round is a pair with the one that is off; the table has the
 * median and the middle half of the ratios. `--before DIR` compares with the handler of another checkout instead, both with
 * the vault off: what the code costs where nobody uses it. Nothing else runs beside those two, since handlers that seal
 * slow down the code they share with the one that does not, by 15 %. CPU is what the operating system counted (from
 * /proc, so Linux only). The handlers' log goes to stdout, which the script throws away, and the figures to stderr.
 */
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { SQSRecord } from 'aws-lambda';
import pg from 'pg';
import { createHandler, type Handler } from '../../../lambda/create-handler.ts';
import { ENV } from '../../../lambda/settings/environment.ts';
import { migrate } from '../../../lambda/store/schema/migrate.ts';
import { removePostgres, startPostgres } from '../../../localstack/embedded/postgres/embedded-postgres.ts';
import { sqsEvent } from '../../support/records.ts';
import { postgresCpuMs } from '../costs/postgres-cpu.ts';
import { freshRecords } from '../events.ts';
import { shuffled, spread } from '../statistics.ts';

const MASK_KEY = 'hex:9f1d4c7ab2e60835d417fa92c3650be8417c9d20f5ab683e1290cd74e6b35f08';
const SIZES = [
  { events: 10_000, batches: 2, rounds: 16, warmUps: 3 },
  { events: 10, batches: 100, rounds: 16, warmUps: 1 },
];
/** Share of the values that are new. */
const NEW_VALUES = { off: 1, before: 1, 'on, 0 % new': 0, 'on, 50 % new': 0.5, 'on, 100 % new': 1 } as const;
type Kind = keyof typeof NEW_VALUES;
const WITH_VAULT: readonly Kind[] = ['off', 'on, 0 % new', 'on, 50 % new', 'on, 100 % new'];
const WITHOUT: readonly Kind[] = ['off', 'before'];

interface Contestant {
  kind: Kind;
  handler: Handler;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { before: { type: 'string' } } });
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-vault-bench-'));
  chmodSync(folder, 0o755); // root's server runs as nobody, who must get in
  const server = await startPostgres(folder);
  try {
    const contestants = await createContestants(server.url, values.before);
    for (const size of SIZES) await measure(contestants, size, folder);
  } finally {
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function createContestants(serverUrl: string, before: string | undefined): Promise<Contestant[]> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const sealing = { [ENV.vaultPublicKey]: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
  const contestants: Contestant[] = [];
  for (const [i, kind] of (before === undefined ? WITH_VAULT : WITHOUT).entries()) {
    const env = { [ENV.databaseUrl]: await createDatabase(serverUrl, `bench_${i}`), [ENV.maskKey]: MASK_KEY };
    const create =
      kind === 'before'
        ? (await import(resolve(before as string, 'lambda/create-handler.ts'))).createHandler
        : createHandler;
    contestants.push({ kind, handler: create({ ...env, ...(kind.startsWith('on') && sealing) }) });
  }
  return contestants;
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = Object.assign(new URL(serverUrl), { pathname: name }).href;
  await migrate(url);
  return url;
}

async function measure(
  contestants: readonly Contestant[],
  size: (typeof SIZES)[number],
  folder: string,
): Promise<void> {
  const { events, batches, rounds, warmUps } = size;
  const cpu = new Map<Kind, number[]>(contestants.map(({ kind }) => [kind, []]));
  for (let round = -warmUps; round < rounds; round++) {
    for (const { kind, handler } of shuffled(contestants)) {
      const ready = Array.from({ length: batches }, () => withNewValues(freshRecords(events), NEW_VALUES[kind]));
      globalThis.gc?.();
      const [server, own] = [postgresCpuMs(folder), process.cpuUsage()];
      for (const records of ready) {
        const { batchItemFailures } = await handler(sqsEvent(records));
        if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} events were not stored.`);
      }
      const { user, system } = process.cpuUsage(own);
      const ms = (postgresCpuMs(folder) - server + (user + system) / 1_000) / batches;
      if (round >= 0) cpu.get(kind)?.push(ms);
    }
  }
  const off = cpu.get('off') as number[];
  for (const [kind, samples] of cpu) {
    const ratios = spread(samples.map((ms, i) => ms / (off[i] as number)));
    const { median } = spread(samples);
    const perValue = spread(samples.map((ms, i) => ((ms - (off[i] as number)) * 1_000) / (2 * events))).median;
    const ratio = `${ratios.median.toFixed(2)} [${ratios.p25.toFixed(2)}-${ratios.p75.toFixed(2)}]`;
    process.stderr.write(
      `${`${events}`.padStart(6)} events  ${kind.padEnd(14)} ${median.toFixed(2).padStart(8)} ms  x${ratio}  ${perValue.toFixed(2)} us a value more\n`,
    );
  }
}

/** Two values an event, ip and device: the share of them that no batch has had, and else one of a few thousand. */
function withNewValues(records: SQSRecord[], share: number): SQSRecord[] {
  return records.map((record, i) => {
    if (i % 10 < share * 10) return record;
    const value = i % 5_000;
    const body = JSON.parse(record.body);
    const known = { ip: `10.0.${value >> 8}.${value & 255}`, device_id: `known-device-${value}` };
    return { ...record, body: JSON.stringify({ ...body, ...known }) };
  });
}

await main();
// The handlers' connections have no end of their own.
process.exit();
