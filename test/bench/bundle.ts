import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { type Spread, shuffled, spread } from './statistics.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const AWS_CLIENTS = '@aws-sdk/';

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // pg requires Node's modules by name, and an ES module has no `require` of its own.
  banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
  metafile: true,
} satisfies BuildOptions;

/** A file and not `node -e`, where a global `require` would hide a missing banner. */
const PROBE = `
  const startedAt = performance.now();
  const module = await import(process.argv[2]);
  const importMs = performance.now() - startedAt;
  console.log(JSON.stringify({ importMs, exports: Object.keys(module) }));`;

const ENTRIES = {
  empty: { contents: 'export const handler = async () => ({ batchItemFailures: [] });', exports: 'handler' },
  handler: { contents: `export * from './lambda/handler.ts';`, exports: 'handler' },
  sqsClient: {
    contents: `export { SQSClient, ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs';`,
    exports: 'SQSClient',
  },
} as const;
type EntryName = keyof typeof ENTRIES;
const NAMES = Object.keys(ENTRIES) as EntryName[];

export interface BundleResult {
  handler: BundleFigures;
  /** Apart, because only a batch with a rejected message loads it. */
  sqsClient: BundleFigures;
  emptyImportMs: Spread;
  /** Whether the handler's bundle imports AWS clients when it is loaded, and not only where it needs one. */
  loadsAwsClients: boolean;
}

export interface BundleFigures {
  bytes: number;
  gzipBytes: number;
  /** In a new process, to be compared with the empty one's. */
  importMs: Spread;
  /** Difference of the medians. */
  overEmptyMs: number;
}

/** Bundles the handler as the deployment does, and imports it in new processes by turns with an empty one. */
export async function measureBundle(runs: number, signal: AbortSignal): Promise<BundleResult> {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-bundle-'));
  try {
    const file = (name: EntryName) => join(folder, `${name}.mjs`);
    await bundle('empty', file('empty'), []);
    const imports = await bundle('handler', file('handler'), [`${AWS_CLIENTS}*`, 'pg-native']);
    await bundle('sqsClient', file('sqsClient'), []);
    const times = await importTimes(folder, file, runs, signal);
    const emptyImportMs = spread(times.empty);
    const figures = async (name: EntryName): Promise<BundleFigures> => {
      const importMs = spread(times[name]);
      return {
        bytes: statSync(file(name)).size,
        gzipBytes: gzipSync(await readFile(file(name))).length,
        importMs,
        overEmptyMs: importMs.median - emptyImportMs.median,
      };
    };
    return {
      handler: await figures('handler'),
      sqsClient: await figures('sqsClient'),
      emptyImportMs,
      loadsAwsClients: imports.some(({ path, kind }) => path.startsWith(AWS_CLIENTS) && kind !== 'dynamic-import'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what the bundle still imports from outside */
async function bundle(name: EntryName, outfile: string, external: string[]): Promise<{ path: string; kind: string }[]> {
  const stdin = { contents: ENTRIES[name].contents, resolveDir: ROOT };
  const { metafile } = await build({ ...OPTIONS, stdin, outfile, external });
  return Object.values(metafile.outputs).flatMap((output) => output.imports);
}

async function importTimes(
  folder: string,
  file: (name: EntryName) => string,
  runs: number,
  signal: AbortSignal,
): Promise<Record<EntryName, number[]>> {
  const probe = join(folder, 'probe.mjs');
  writeFileSync(probe, PROBE);
  const times: Record<EntryName, number[]> = { empty: [], handler: [], sqsClient: [] };
  // The first round fills the disk cache.
  for (let i = -1; i < runs; i++) {
    for (const name of shuffled(NAMES)) {
      const { stdout } = await run(process.execPath, [probe, file(name)], { env: {}, signal });
      const { importMs, exports } = JSON.parse(stdout) as { importMs: number; exports: string[] };
      if (!exports.includes(ENTRIES[name].exports)) throw new Error(`The bundle "${name}" exports nothing of use.`);
      if (i >= 0) times[name].push(importMs);
    }
  }
  return times;
}
