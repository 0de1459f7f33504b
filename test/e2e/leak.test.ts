import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postgresHome } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { dataFolder, npmStart } from '../support/npm-start.ts';
import { VALID_BODY } from '../support/records.ts';

const IP = '203.0.113.77';
const DEVICE = 'canary-device-77';

/** All files of the folder, as text, but the events themselves. */
function filesBelow(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return files.filter((file) => statSync(file).isFile() && !file.endsWith('.jsonl'));
}

test('npm start leaves no raw ip or device id: on the terminal, in its log, or anywhere in the database', async () => {
  const folder = dataFolder();
  const file = join(folder, 'events.jsonl');
  const bodies = [
    { ...VALID_BODY, ip: IP, device_id: DEVICE },
    { ...VALID_BODY, ip: `${IP}:443`, device_id: DEVICE },
    { ...VALID_BODY, ip: IP, device_id: DEVICE, app_version: 7 },
    { ...VALID_BODY, ip: IP, device_id: DEVICE, more: { ip: IP } },
  ];
  writeFileSync(file, bodies.map((body) => JSON.stringify(body)).join('\n'));
  const started = npmStart(['--data', folder, '--json', file]);
  expect(await started.exit()).toBe(0);
  const output = started.stdout() + started.stderr();
  for (const reason of ['wrong_type app_version: 1', 'ip_port: 1']) expect(output).toContain(reason);
  const files = [...filesBelow(folder), ...filesBelow(postgresHome(folder))];
  expect(files.some((name) => name.includes('pg_wal'))).toBe(true);
  for (const text of [output, ...files.map((name) => readFileSync(name, 'latin1'))]) {
    expect(text.includes(IP) || text.includes(DEVICE)).toBe(false);
  }
});
