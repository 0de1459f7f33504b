import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { runLoginEtl } from '../support/program.ts';
import { VALID_BODY } from '../support/records.ts';
import { logsSince, query, send, untilQueueIsEmpty } from './pipeline.ts';

const { endpoint, databaseUrl } = inject('deployed');
const IP = '203.0.113.78';

const onLocalStack = (args: readonly string[], input?: string) =>
  runLoginEtl([...args, '--stage', 'localstack', '--json'], {
    env: { AWS_ENDPOINT_URL: endpoint },
    ...(input !== undefined && { input }),
  });

test('commands are answered by functions beside the database, which log neither request nor answer', async () => {
  const since = Date.now();
  const user = randomUUID();
  await send([JSON.stringify({ ...VALID_BODY, user_id: user, ip: IP })]);
  await untilQueueIsEmpty();
  const rows = await query<{ user_id: string; masked_ip: string }>(databaseUrl, 'select * from user_logins');
  const stored = rows.find(({ user_id }) => user_id === user);

  const report = await onLocalStack(['report']);
  expect(report).toMatchObject({ exitCode: 0, json: { logins: rows.length, days: null } });
  expect((await onLocalStack(['audit'])).json).toMatchObject({ logins: rows.length, keys: { kid: 'k1' }, wrong: [] });
  const pseudonym = await onLocalStack(['pseudonym', '--field', 'ip'], IP);
  expect(pseudonym).toMatchObject({ exitCode: 0, json: { pseudonyms: [stored?.masked_ip] } });

  // CloudWatch has a line some seconds after the function printed it.
  let logs = '';
  const readLogs = async () => {
    logs = `${await logsSince(since, 'look')}${await logsSince(since, 'pseudonym')}`;
    return logs;
  };
  await expect.poll(readLogs, { timeout: 60_000, interval: 500 }).toMatch(/look done[\s\S]*pseudonym done/);
  for (const text of [IP, user, `${stored?.masked_ip}`]) expect(logs).not.toContain(text);
});
