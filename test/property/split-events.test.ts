import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitEvents } from '../../localstack/events/split-events.ts';
import { UserError } from '../../tools/cli/user-error.ts';

/** In every text that is read here; no message may repeat it. */
const SECRET = '192.0.2.17';
const NAME = 'events.json';

/** JSON keeps neither -0 nor a key called __proto__ of an object literal, so values are taken as JSON gives them back. */
const value = fc.jsonValue({ stringUnit: 'binary' }).map((any) => JSON.parse(JSON.stringify(any)) as unknown);
const event = fc.oneof(
  value,
  fc.string().map((text) => ({ ip: SECRET, text, '"[{\\': ']},"' })),
);
const indent = fc.constantFrom(undefined, 1, 4, '\t');
const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r\n'), maxLength: 4 });
const cuts = fc.array(fc.nat(), { maxLength: 8 });

interface Written {
  text: string;
  /** Line of each event's first character. */
  lines: number[];
}

/** Joins texts, and notes the lines on which those at odd places begin. */
function write(pieces: readonly string[]): Written {
  const lines: number[] = [];
  let text = '';
  pieces.forEach((piece, i) => {
    if (i % 2 === 1) lines.push(text.split('\n').length);
    text += piece;
  });
  return { text, lines };
}

function asArray(events: readonly unknown[], format: string | number | undefined, gaps: readonly string[]): Written {
  const gap = (i: number) => gaps[i % gaps.length] ?? '';
  const pieces = events.flatMap((each, i) => [
    `${i === 0 ? `${gap(0)}[` : `${gap(i)},`}${gap(i + 1)}`,
    JSON.stringify(each, null, format),
  ]);
  const { text, lines } = write(pieces.length > 0 ? pieces : [`${gap(0)}[${gap(1)}`]);
  return { text: `${text}${gap(2)}]${gap(3)}`, lines };
}

function asLines(events: readonly unknown[], gaps: readonly string[]): Written {
  return write(events.flatMap((each, i) => [i === 0 ? '' : `\n${gaps[i % gaps.length] ?? ''}`, JSON.stringify(each)]));
}

async function* cut(text: string, at: readonly number[]): AsyncGenerator<string> {
  const places = [0, ...at.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  for (const [i, place] of places.entries()) yield text.slice(place, places[i + 1] ?? text.length);
}

async function expectEvents(written: Written, events: readonly unknown[], at: readonly number[]): Promise<void> {
  const read = await Array.fromAsync(splitEvents(cut(written.text, at), NAME));
  expect(read.map(({ body }) => JSON.parse(body))).toEqual(events);
  expect(read.map(({ line }) => line)).toEqual(written.lines);
}

test('an array comes back as its elements, however it is laid out and cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event), indent, fc.array(blank, { minLength: 4 }), cuts, (events, format, gaps, at) =>
      expectEvents(asArray(events, format, gaps), events, at),
    ),
    { numRuns: 1_000 },
  );
});

test('lines come back as their values, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event), fc.array(blank, { minLength: 1 }), cuts, (events, gaps, at) => {
      fc.pre(!Array.isArray(events[0]));
      return expectEvents(asLines(events, gaps), events, at);
    }),
    { numRuns: 1_000 },
  );
});

test('any text is either events in JSON or one sentence that names a line of it, and quotes nothing', async () => {
  const { text: whole } = asArray([{ ip: SECRET }, [SECRET, { ip: SECRET }], SECRET], 1, ['\n', '']);
  const change = fc.record({ at: fc.nat(whole.length), removed: fc.nat(3), added: fc.string({ unit, maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(change, fc.boolean(), cuts, async ({ at, removed, added }, inLines, places) => {
      const form = inLines ? asLines([{ ip: SECRET }, [SECRET], SECRET], ['']).text : whole;
      const text = form.slice(0, at) + added + form.slice(at + removed);
      const fault = await expectSameAsJson(text, places).catch((error) => error);
      if (fault === undefined) return;
      expect(fault).toBeInstanceOf(UserError);
      expect(fault.message).not.toMatch(/192|ip|"/);
      const line = Number(/^events\.json, line (\d+): [^\n]+$/.exec(fault.message)?.[1]);
      expect(line).toBeGreaterThan(0);
      expect(line).toBeLessThanOrEqual(text.split('\n').length);
    }),
    { numRuns: 5_000 },
  );
});

const unit = fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '\n', ' ', '1', 'x');

/** What is accepted must say what JSON.parse reads in the same text. */
async function expectSameAsJson(text: string, places: readonly number[]): Promise<void> {
  const read = await Array.fromAsync(splitEvents(cut(text, places), NAME));
  const isArray = text.trimStart().startsWith('[');
  const wanted = isArray
    ? JSON.parse(text)
    : text.split('\n').flatMap((line) => (line.trim() ? [JSON.parse(line)] : []));
  expect(read.map(({ body }) => JSON.parse(body))).toEqual(wanted);
}
