import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postgresHome } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { dataFolder, npmStart } from '../support/npm-start.ts';
import { type ProgramOptions, runLoginEtl } from '../support/program.ts';
import { VALID_BODY } from '../support/records.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const IP = '203.0.113.77';
const DEVICE = 'canary-device-77';

/** All files of the folder, as text, but the events themselves. */
function filesBelow(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return files.filter((file) => statSync(file).isFile() && !file.endsWith('.jsonl'));
}

const BODIES = [
  { ...VALID_BODY, ip: IP, device_id: DEVICE },
  { ...VALID_BODY, ip: `${IP}:443`, device_id: DEVICE },
  { ...VALID_BODY, ip: IP, device_id: DEVICE, app_version: 7 },
  { ...VALID_BODY, ip: IP, device_id: DEVICE, more: { ip: IP } },
];

/** @returns a data folder into which these events went, and all that was printed meanwhile */
async function started(options: readonly string[], env: Record<string, string> = {}) {
  const folder = dataFolder();
  const file = join(folder, 'events.jsonl');
  writeFileSync(file, BODIES.map((body) => JSON.stringify(body)).join('\n'));
  const run = npmStart(['--data', folder, '--json', ...options, file], { env });
  expect(await run.exit()).toBe(0);
  return { folder, output: run.stdout() + run.stderr() };
}

function expectNothingRaw(output: string, folder: string): void {
  const files = [...filesBelow(folder), ...filesBelow(postgresHome(folder))];
  expect(files.some((name) => name.includes('pg_wal'))).toBe(true);
  for (const text of [output, ...files.map((name) => readFileSync(name, 'latin1'))]) {
    expect(text.includes(IP) || text.includes(DEVICE)).toBe(false);
  }
}

test('npm start leaves no raw ip or device id: on the terminal, in its log, or anywhere in the database', async () => {
  const { folder, output } = await started([]);
  for (const reason of ['wrong_type app_version: 1', 'ip_port: 1']) expect(output).toContain(reason);
  expectNothingRaw(output, folder);
});

test('nor with the vault on, and after values were recovered and erased: only the file that was asked for has them', async () => {
  const config = temporaryFolder();
  const { folder, output } = await started(['--vault'], { XDG_CONFIG_HOME: config });
  const [key = ''] = filesBelow(config).filter((name) => name.endsWith('vault-private.pem'));
  const asked = join(config, 'asked');
  const out = join(config, 'found.jsonl');
  const mask = maskOf(folder);
  const run = async (args: string[], options: ProgramOptions = {}) => {
    const { exitCode, stdout, stderr } = await runLoginEtl([...args, '--data', folder], options);
    expect({ args, exitCode }).toEqual({ args, exitCode: 0 });
    return stdout + stderr;
  };
  const { stdout: pseudonym } = await runLoginEtl(['pseudonym', '--field', 'ip'], { env: mask, input: IP });
  writeFileSync(asked, pseudonym);
  const recovering = ['recover', '--field', 'ip', '--file', asked, '--reason', 'a test', '--out', out];
  const outputs = [
    output,
    pseudonym,
    await run(recovering, { env: { ...mask, VAULT_PRIVATE_KEY: key } }),
    await run(['audit']),
    await run(['erase', '--user'], { input: VALID_BODY.user_id }),
  ].join('');
  expect(readFileSync(out, 'utf8')).toContain(IP);
  expect(outputs).toMatch(/1 verified[\s\S]*Erased \d rows? and 2 sealed values/);
  expectNothingRaw(outputs, folder);
});

function maskOf(folder: string): Record<string, string> {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim();
  return { MASK_KEY: read('mask-key'), MASK_LAYER_KEY: read('mask-layer-key') };
}
