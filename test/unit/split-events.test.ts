import { describe, expect, test } from 'vitest';
import { type EventText, splitEvents } from '../../localstack/events/split-events.ts';
import { UserError } from '../../tools/cli/user-error.ts';

const MIB = 1024 * 1024;
const NAME = 'events.json';

async function* inChunks(text: string, size = text.length): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

function split(text: string, chunkSize?: number): Promise<EventText[]> {
  return Array.fromAsync(splitEvents(inChunks(text, chunkSize), NAME));
}

async function bodies(text: string): Promise<string[]> {
  return (await split(text)).map(({ body }) => body);
}

async function faultOf(text: string, chunkSize?: number): Promise<string> {
  const fault = await split(text, chunkSize).catch((error) => error);
  expect(fault).toBeInstanceOf(UserError);
  return fault.message;
}

describe('a JSON array', () => {
  test('becomes its elements, each with the line it begins on', async () => {
    expect(await split('\n[\n  {"a": 1},\n\n  {\n    "a": 2\n  }, 3\n]\n')).toEqual([
      { body: '{"a": 1}', line: 3 },
      { body: '{\n    "a": 2\n  }', line: 5 },
      { body: '3', line: 7 },
    ]);
  });

  test.for([
    ['[]', []],
    [' [ \n ] ', []],
    ['[1]', ['1']],
    ['[null,true,"x",-1.50,[],{}]', ['null', 'true', '"x"', '-1.50', '[]', '{}']],
    ['[[1,[2]],{"a":[{}]}]', ['[1,[2]]', '{"a":[{}]}']],
    ['["],[", "{\\"", "\\\\", "\\\\\\"]"]', ['"],["', '"{\\""', '"\\\\"', '"\\\\\\"]"']],
    ['[{"a":1,"a":2},1e400]', ['{"a":1,"a":2}', '1e400']],
  ] as const)('%s has its elements as they are written', async ([text, expected]) => {
    expect(await bodies(text)).toEqual(expected);
  });

  test('gives an element before the text has ended', async () => {
    async function* endless() {
      for (yield '['; ; ) yield '{"a":1},';
    }
    const events = splitEvents(endless(), NAME);
    expect((await events.next()).value).toEqual({ body: '{"a":1}', line: 1 });
    expect((await events.next()).value).toEqual({ body: '{"a":1}', line: 1 });
  });
});

describe('JSON Lines', () => {
  test('become their values, each with its line; empty lines count, but are no events', async () => {
    expect(await split('\n{"a": 1}\r\n\r\n  \n 2 \n"three"')).toEqual([
      { body: '{"a": 1}', line: 2 },
      { body: '2', line: 5 },
      { body: '"three"', line: 6 },
    ]);
  });

  test.for(['', ' ', '\n\n', '\r\n \t'])('of %j are no events', async (text) => {
    expect(await split(text)).toEqual([]);
  });

  test('may hold an array in any line but the first', async () => {
    expect(await bodies('1\n[2,3]')).toEqual(['1', '[2,3]']);
  });

  test('give an event before the text has ended', async () => {
    async function* endless() {
      for (;;) yield '{"a":1}\n{"a"';
    }
    const { value } = await splitEvents(endless(), NAME).next();
    expect(value).toEqual({ body: '{"a":1}', line: 1 });
  });
});

describe('what is broken is named with its line', () => {
  test.for([
    ['[1,\n2', 2, 'the file ends before the array does'],
    ['[', 1, 'the file ends before the array does'],
    ['["\n', 2, 'the file ends before the array does'],
    ['[1,\n2}', 2, 'the array ends with }'],
    ['[1]\n2', 2, 'text after the array'],
    ['[1]\n[2]', 2, 'text after the array'],
    ['["a"]\n["b"]', 2, 'text after the array'],
    ['[1]\n"two"', 2, 'text after the array'],
    ['[1]\n{"a":2}', 2, 'text after the array'],
    ['[1]]', 1, 'text after the array'],
    ['[1],', 1, 'text after the array'],
    ['[1,\n]', 2, 'this is not JSON'],
    ['[,\n1]', 1, 'this is not JSON'],
    ['[1,\n,2]', 2, 'this is not JSON'],
    ['[1\n2]', 2, 'this is not JSON'],
    ['[\n{"a":1}\n{"a":2}]', 3, 'this is not JSON'],
    ['[\n{"a":\n1 "b"}]', 3, 'this is not JSON'],
    ['[{"a":1], 2]', 1, 'this is not JSON'],
    ["['a']", 1, 'this is not JSON'],
    ['{"a":1}\n{"a":}', 2, 'this is not JSON'],
    ['{"a":1}\n\n{"a":1', 3, 'this is not JSON'],
    ['{\n"a":1}', 1, 'this is not JSON'],
    ['1 2', 1, 'this is not JSON'],
    ['user_id,ip\n', 1, 'this is not JSON'],
  ] as const)('%j', async ([text, line, fault]) => {
    expect(await faultOf(text)).toMatch(new RegExp(`^${NAME}, line ${line}: ${fault}\\. `));
  });

  test.for(['[{"ip": "192.0.2.17"', '[{"ip" "192.0.2.17"}]', '{"ip": "192.0.2.17', '[1] "192.0.2.17', '192.0.2.17'])(
    'and never quoted: %s',
    async (text) => {
      expect(await faultOf(text)).not.toMatch(/192|ip"/);
    },
  );

  test('after the events before it', async () => {
    const events = splitEvents(inChunks('[1,2,x]'), NAME);
    expect((await events.next()).value?.body).toBe('1');
    expect((await events.next()).value?.body).toBe('2');
    await expect(events.next()).rejects.toThrow(UserError);
  });
});

describe('an event of more than 1 MiB', () => {
  const atLimit = `"${'x'.repeat(MIB - 2)}"`;
  const tooLong = `"${'x'.repeat(MIB - 1)}"`;
  const tooManyBytes = `"${'é'.repeat(MIB / 2)}"`;
  const forms = [
    ['array', (event: string) => `[\n1,\n${event}\n]`],
    ['lines', (event: string) => `0\n1\n${event}\n`],
  ] as const;

  for (const [form, write] of forms) {
    test(`is one byte more than one that is taken, in ${form}`, async () => {
      expect((await bodies(write(atLimit))).at(-1)).toHaveLength(MIB);
    });

    test.for([
      ['characters, in one piece', tooLong, undefined],
      ['characters, before it has ended', `"${'x'.repeat(2 * MIB)}"`, 65_536],
      ['bytes', tooManyBytes, 65_536],
    ] as const)(`is refused with its line, in ${form} (%s)`, async ([, event, chunkSize]) => {
      expect(await faultOf(write(event), chunkSize)).toMatch(/^events.json, line 3: .*1 MiB/);
    });
  }

  test.for(['["', '"'])('is refused before it ends, so that it never fills the memory: %s', async (start) => {
    async function* endless() {
      for (yield start; ; ) yield 'x'.repeat(65_536);
    }
    await expect(splitEvents(endless(), NAME).next()).rejects.toThrow('1 MiB');
  });
});
