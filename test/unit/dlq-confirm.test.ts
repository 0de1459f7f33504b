import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from '../../tools/cli/confirm.ts';
import { createPace } from '../../tools/dlq/pace.ts';

const NEVER = new AbortController().signal;

test('an input that ends is not a confirmation', async () => {
  const stdin = new PassThrough();
  stdin.end();
  expect(await confirm('Sure? ', ['yes'], { stdin, stderr: new PassThrough(), stop: NEVER })).toBe(false);
});

test('an answer without the end of its line is one, when the input ends', async () => {
  const stdin = new PassThrough();
  stdin.end('yes');
  expect(await confirm('Sure? ', ['yes'], { stdin, stderr: new PassThrough(), stop: NEVER })).toBe(true);
});

test('turns come one after another, whoever asks', async () => {
  const myTurn = createPace(100, NEVER);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 11 }, () => myTurn()));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(90); // timers may fire a moment early
});

test('an interrupt ends the waiting, which would outlast this test', async () => {
  const interrupt = new AbortController();
  const myTurn = createPace(0.01, interrupt.signal);
  await myTurn();
  setTimeout(() => interrupt.abort(), 10);
  await myTurn();
  await myTurn();
});
