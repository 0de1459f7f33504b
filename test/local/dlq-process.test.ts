import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createDeadLetters, createFour } from '../support/dead-letters.ts';
import { VALID_BODY } from '../support/records.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'tools', 'dlq', 'dlq.ts');

function startDlq(args: readonly string[], endpoint: string) {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { PATH: process.env.PATH, AWS_ENDPOINT_URL: endpoint },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const done = async () => {
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { exitCode, stdout, stderr };
  };
  return { child, done: done() };
}

test('the command runs as a process, and ends by itself', async () => {
  const { endpoint } = await createFour();
  const { exitCode, stdout, stderr } = await startDlq(['list', '--json'], endpoint).done;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout).messages).toHaveLength(4);
});

test('Ctrl-C, which comes twice under npm, ends a redrive after what is in flight', async () => {
  const { endpoint, sendDead, depth, deadDepth } = await createDeadLetters();
  await Promise.all(Array.from({ length: 50 }, () => sendDead(VALID_BODY)));
  const { child, done } = startDlq(['redrive', '--rate', '20'], endpoint);
  await expect.poll(async () => (await depth()).visible, { timeout: 20_000 }).toBeGreaterThan(3);
  child.kill('SIGINT');
  child.kill('SIGINT');
  const { exitCode, stdout, stderr } = await done;
  const sent = (await depth()).visible;
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 130,
    stdout: `Sent ${sent} messages back.\n`,
    stderr: 'Interrupted.\n',
  });
  expect(await deadDepth()).toEqual({ visible: 50 - sent, inFlight: 0 });
});
