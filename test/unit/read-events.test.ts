import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { canBeReadOnce, countEvents, readEvents } from '../../localstack/events/read-events.ts';
import { UserError } from '../../tools/cli/user-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'read-events-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = [{ user_id: 'ж' }, { user_id: '✓ 𝄞' }, 'no event', null];
const ARRAY = JSON.stringify(EVENTS, null, 2);
const LINES = EVENTS.map((event) => `${JSON.stringify(event)}\n`).join('');

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function valuesIn(path: string): Promise<unknown[]> {
  return (await Array.fromAsync(readEvents(path))).map(({ body }) => JSON.parse(body));
}

async function faultOf(path: string): Promise<string> {
  const fault = await countEvents([path]).catch((error) => error);
  expect(fault).toBeInstanceOf(UserError);
  return fault.message;
}

describe('a file', () => {
  test.for([
    ['array.json', ARRAY],
    ['events.jsonl', LINES],
    ['array.json.gz', gzipSync(ARRAY)],
    ['events.jsonl.gz', gzipSync(LINES)],
    ['gzipped, by another name', gzipSync(LINES)],
    ['not gzipped.gz', ARRAY],
    ['two archives in one.gz', Buffer.concat([gzipSync(LINES.slice(0, 20)), gzipSync(LINES.slice(20))])],
    ['byte order mark.json', `\ufeff${ARRAY}`],
    ['byte order mark.jsonl', `\ufeff${LINES}`],
  ] as const)('%s has its events', async ([name, content]) => {
    expect(await valuesIn(file(name, content))).toEqual(EVENTS);
  });

  test.for(['', '\n', gzipSync(''), gzipSync('[]')])('may be without events (%#)', async (content) => {
    expect(await valuesIn(file('empty', content))).toEqual([]);
  });

  test('of one byte is a file too', async () => {
    expect(await valuesIn(file('one', '7'))).toEqual([7]);
  });

  test('keeps characters whole that a read cuts in two', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `${'x'.repeat(i % 5)}${'𝄞é'.repeat(5_000)}`);
    expect(await valuesIn(file('long.json', JSON.stringify(texts)))).toEqual(texts);
  });

  test('is counted, with others', async () => {
    expect(await countEvents([file('a.json', ARRAY), file('b.jsonl', LINES)])).toBe(2 * EVENTS.length);
  });

  test.runIf(process.platform === 'linux')('is closed when the reading ends early', async () => {
    const isOpen = (path: string) => readdirSync('/proc/self/fd').some((fd) => linkOf(fd) === path);
    for (const path of [file('left.jsonl', LINES.repeat(20_000)), file('left.gz', gzipSync(LINES.repeat(20_000)))]) {
      for await (const _ of readEvents(path)) break;
      await expect.poll(() => isOpen(path)).toBe(false);
    }
  });
});

describe('a file that cannot be used is one sentence', () => {
  const whole = gzipSync(LINES.repeat(1_000));
  const changed = Buffer.from(whole);
  // In the checksum, since elsewhere the text may be what is found broken.
  changed[whole.length - 8] = (changed[whole.length - 8] ?? 0) ^ 0xff;

  test.for([
    ['text that is not UTF-8', Buffer.from('{"user_id": "caf\xe9"}', 'latin1'), 'this is not UTF-8 text'],
    ['UTF-8 that ends in a character', Buffer.from('"é').subarray(0, 2), 'this is not UTF-8 text'],
    ['UTF-16', Buffer.from('\ufeff[]', 'utf16le'), 'this is not UTF-8 text'],
    ['an archive cut short', whole.subarray(0, whole.length >> 1), 'the gzip archive is broken'],
    ['an archive with a changed byte', changed, 'the gzip archive is broken'],
    ['the first two bytes of an archive', whole.subarray(0, 2), 'the gzip archive is broken'],
  ] as const)('%s', async ([name, content, fault]) => {
    const path = file(name, content);
    expect(await faultOf(path)).toBe(`${path}: ${fault}.`);
  });

  test('that names the file and the line', async () => {
    const path = file('broken.jsonl', '{}\n{\n');
    expect(await faultOf(path)).toMatch(`${path}, line 2: this is not JSON.`);
  });

  test('if there is none, or it is a folder', async () => {
    const missing = join(folder, 'missing');
    expect(await faultOf(missing)).toBe(`${missing}: there is no such file.`);
    expect(await faultOf(folder)).toBe(`${folder}: this is a folder.`);
  });
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

const script = (path: string) => `
    import { readEvents } from ${JSON.stringify(new URL('../../localstack/events/read-events.ts', import.meta.url).href)};
    const stop = new AbortController();
    process.on('SIGTERM', () => stop.abort());
    console.error('listening');
    try {
      for await (const { body } of readEvents(${JSON.stringify(path)}, stop.signal)) console.log(body);
    } catch ({ message }) {
      console.log(message);
    }`;

/** A process that prints each event. */
function startReader(path = '-') {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script(path)]);
  onTestFinished(() => void child.kill());
  const output = Array.fromAsync<string>(child.stdout.setEncoding('utf8')).then((texts) => texts.join(''));
  return { child, output };
}

describe('standard input', () => {
  test.for([LINES, gzipSync(LINES)])('is read to its end (%#)', async (content) => {
    const { child, output } = startReader();
    child.stdin.end(content);
    expect((await output).trimEnd().split('\n')).toEqual(EVENTS.map((event) => JSON.stringify(event)));
  });

  test.for(['{"a":\n', gzipSync('{"a":\n')])('that is broken does not have to end (%#)', async (content) => {
    const { child, output } = startReader();
    child.stdin.write(content);
    await once(child, 'exit');
    expect(await output).toMatch(/^standard input, line 1: this is not JSON\./);
  });

  test('that says nothing is left when the reading is stopped', async () => {
    const { child, output } = startReader();
    child.stdin.write('{"a":1}\n{');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await output).not.toContain('standard input');
  });
});

describe('a pipe that is named like a file', () => {
  function makePipe(): string {
    const path = join(folder, `pipe-${randomUUID()}`);
    execFileSync('mkfifo', [path]);
    return path;
  }

  test.for([LINES, gzipSync(LINES)])('is read once, to its end (%#)', async (content) => {
    const path = makePipe();
    const { output } = startReader(path);
    await writeFile(path, content);
    expect((await output).trimEnd().split('\n')).toEqual(EVENTS.map((event) => JSON.stringify(event)));
  });

  test('without a writer can be left at any time', async () => {
    const { child, output } = startReader(makePipe());
    // Until it has said that it listens, a signal would end it at once.
    await once(child.stderr.setEncoding('utf8'), 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await output).toBe('');
  });

  test('standard input by the name of its device is read', async () => {
    const { child, output } = startReader('/dev/stdin');
    child.stdin.end(LINES);
    expect((await output).trimEnd().split('\n')).toHaveLength(EVENTS.length);
  });

  test('is told from files and folders', () => {
    const named = ['-', makePipe(), '/dev/null', file('plain.json', '[]'), folder, join(folder, 'missing')];
    expect(named.map(canBeReadOnce)).toEqual([true, true, true, false, false, false]);
  });
});
