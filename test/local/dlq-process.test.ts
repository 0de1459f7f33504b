import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createDeadLetters, createFour } from '../support/dead-letters.ts';
import { VALID_BODY } from '../support/records.ts';

const TOOLS = join(import.meta.dirname, '..', '..', 'tools');
const ENTRY = join(TOOLS, 'program', 'main.ts');
const SETUP = join(TOOLS, 'setup.mjs');

/** Empty where the test does not read it. */
const textOf = (stream: Readable) => text(stream).catch(() => '');

function startDlq(args: readonly string[], endpoint: string) {
  const child = spawn(process.execPath, [ENTRY, 'dlq', ...args], {
    env: { PATH: process.env.PATH, AWS_ENDPOINT_URL: endpoint },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const done = async () => {
    const [stdout, stderr, [exitCode]] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
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
    stderr:
      'Giving back what was taken; Ctrl-C again ends at once, and leaves it hidden for up to 15 minutes.\nInterrupted.\n',
  });
  expect(await deadDepth()).toEqual({ visible: 50 - sent, inFlight: 0 });
});

test.each(['stdout', 'stderr'] as const)('nothing stays hidden if nobody reads its %s', async (stream) => {
  const { endpoint, sqs, deadUrl, deadDepth } = await createFour();
  // So that there is something to be said on standard error, before it looks.
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadUrl, MaxNumberOfMessages: 1 }));
  const { child, done } = startDlq(['list'], endpoint);
  child[stream].destroy();
  const { exitCode, stderr } = await done;
  expect(exitCode).toBe(0);
  expect(stderr).not.toContain('EPIPE');
  expect(await deadDepth()).toEqual({ visible: 3, inFlight: 1 });
});

test('npm that dies is one interrupt, however long the end takes', async () => {
  const code = `
    let signals = 0;
    process.on('SIGTERM', () => signals++ || setTimeout(() => { console.log(signals); process.exit(); }, 1_000));
    console.log('up'); setInterval(() => {}, 1_000);`;
  // A parent that is killed, as npm is by a hangup, and its script.
  const parent = spawn('/bin/sh', ['-c', '"$0" "$@" & wait', process.execPath, SETUP, 'node', '-e', code], {
    env: { ...process.env, npm_lifecycle_event: 'dlq' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = text(parent.stdout);
  await once(parent.stdout, 'readable');
  parent.kill('SIGKILL');
  expect(await output).toBe('up\n1\n');
});
