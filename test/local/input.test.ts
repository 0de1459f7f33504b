import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openInput, sendInput } from '../../localstack/events/input.ts';
import { createQueue, type TestQueue } from '../support/queue.ts';

const folder = mkdtempSync(join(tmpdir(), 'login-etl-input-'));
afterAll(() => rmSync(folder, { recursive: true }));

function optionsFor(queue: TestQueue, onSent: (count: number) => void) {
  return { queue: queue.busy, whenReady: async () => {}, onSent, stop: new AbortController().signal };
}

test('files are counted first, and then sent one after another', async () => {
  const paths = ['one.jsonl', 'two.jsonl'].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, '{"user_id":"a"}\n{"user_id":"b"}\n');
  const input = await openInput(paths);
  expect(input.total).toBe(4);
  let sent = 0;
  await sendInput(
    input,
    optionsFor(await createQueue(), (count) => {
      sent += count;
    }),
  );
  expect(sent).toBe(4);
});

test('a file that grows after it was counted is an error, not a smaller total', async () => {
  const path = join(folder, 'grows.jsonl');
  writeFileSync(path, '{"user_id":"a"}\n');
  const input = await openInput([path]);
  appendFileSync(path, '{"user_id":"b"}\n');
  await expect(
    sendInput(
      input,
      optionsFor(await createQueue(), () => {}),
    ),
  ).rejects.toThrow('The input changed while it was read: 1 events were counted and 2 sent.');
});
