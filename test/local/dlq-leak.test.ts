import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CANARY } from '../support/canary.ts';
import { createDeadLetters, type DlqOptions, failing, onCalls } from '../support/dead-letters.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { VALID_BODY } from '../support/records.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const GOOD = { ...VALID_BODY, ip: CANARY.ip, device_id: CANARY.device };

const BODIES = [
  GOOD,
  { ...GOOD, ip: CANARY.noIp, [CANARY.key]: CANARY.value, nested: { [CANARY.key]: { [CANARY.key]: CANARY.value } } },
  { Type: 'Notification', Message: JSON.stringify(GOOD) },
  CANARY.text,
  `{"ip": "${CANARY.ip}", "device_id": "${CANARY.device}" ${CANARY.text}`,
  [GOOD],
  { ...GOOD, user_id: { [CANARY.key]: CANARY.value } },
  { ...GOOD, user_id: CANARY.value.repeat(20) },
  { ...GOOD, locale: CANARY.value.repeat(20) },
  { ...GOOD, ip: [CANARY.ip] },
  { ...GOOD, device_id: `${CANARY.device}\0` },
  { ...GOOD, app_version: CANARY.value },
  { ...GOOD, app_version: `1.2.3-${CANARY.ip}` },
  { ...GOOD, again: { ip: CANARY.ip } },
];

const ATTRIBUTES = [{}, { [CANARY.key]: CANARY.value }, { origin_message_id: CANARY.value, origin_sent_at: CANARY.ip }];

/** An SQS that quotes what it was sent. */
const QUOTING: DlqOptions = {
  onClient: (client) =>
    onCalls(client, (command, call) => {
      if (command !== 'SendMessageCommand') return call();
      throw Object.assign(new Error(CANARY.text), { name: 'InvalidMessageContents', $metadata: {}, body: CANARY.ip });
    }),
};

test('no raw value, no body and no name of an unknown key is in any output of any command', async () => {
  const { dlq, sendDead } = await createDeadLetters();
  const ids: string[] = [];
  for (const body of BODIES) for (const attributes of ATTRIBUTES) ids.push(await sendDead(body, attributes));
  const outputs: string[] = [];
  const collect = async (args: string[], options: DlqOptions = {}) => {
    for (const json of [[], ['--json']]) {
      const { stdout, stderr } = await dlq([...args, ...json], options);
      outputs.push(stdout, stderr);
    }
  };
  const env = { MASK_KEY: TEST_MASK_KEY };
  const file = join(temporaryFolder(), 'body');
  await collect(['list']);
  for (const id of ids) for (const options of [{}, { env }]) await collect(['show', id], options);
  await collect(['show', ids[9] ?? '', '--raw', '--out', file, '--yes']);
  expect(readFileSync(file, 'utf8')).toContain('canary');
  await collect(['redrive', '--dry-run', '--force', '--as-new']);
  await collect(['redrive', '--force'], QUOTING);
  await collect(['redrive', '--force'], failing('SendMessageCommand'));
  await collect(['list'], failing('ReceiveMessageCommand'));
  await collect(['purge', '--all'], { typed: 'no\n' });
  await collect(['redrive', '--force']);
  await collect(['purge', '--all', '--yes']);
  const output = outputs.join('');
  for (const expected of ['bad_text device_id', 'k1_', '<hidden>', 'InvalidMessageContents', 'will be deleted']) {
    expect(output).toContain(expected);
  }
  expect(output).not.toMatch(/canary|203\.0\.113/i);
});
