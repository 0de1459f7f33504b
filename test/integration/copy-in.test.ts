import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { copyIn } from '../../lambda/store/write/copy-in.ts';
import { createDatabase } from '../support/database.ts';

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const TRAILER = Buffer.from([255, 255]);
/** One field of text, of 100 kB so that a chunk fills more than a packet. */
const row = (letter: string) => {
  const head = Buffer.alloc(6);
  head.writeInt16BE(1);
  head.writeInt32BE(100_000, 2);
  return Buffer.concat([head, Buffer.from(letter.repeat(100_000))]);
};
const COPY = ['copy first from stdin (format binary)', 'copy second from stdin (format binary)'];

async function connect() {
  const database = await createDatabase('empty');
  const client = new pg.Client(database.url);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('create table first (t text); create table second (t text check (t not like $$x%$$))');
  const letters = async () => {
    const { rows } = await client.query(
      'select (select string_agg(left(t, 1), $$$$) from first) a, (select string_agg(left(t, 1), $$$$) from second) b',
    );
    return [rows[0].a, rows[0].b];
  };
  return { client, letters };
}

test('chunks of two COPYs become rows in one transaction', async () => {
  const { client, letters } = await connect();
  const payload = (a: string, b: string) => [() => Buffer.concat([HEADER, row(a)]), () => row(b), () => TRAILER];
  await copyIn(client, COPY, [payload('a', 'b'), payload('c', 'd')]);
  expect(await letters()).toEqual(['ab', 'cd']);
});

const MANY = 4_000;

test('a refusal ends the sending, and the connection stays usable', async () => {
  const { client, letters } = await connect();
  let made = 0;
  const bad = [
    () => Buffer.concat([HEADER, row('x')]),
    ...Array.from({ length: MANY }, () => () => {
      made++;
      // A busy server takes a while to refuse: all of them together take twenty seconds.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      return row('e');
    }),
    () => TRAILER,
  ];
  await expect(copyIn(client, COPY, [[() => Buffer.concat([HEADER, row('a'), TRAILER])], bad])).rejects.toMatchObject({
    code: '23514',
    where: expect.stringMatching(/^COPY second, line 1\b/),
  });
  const untilRefused = made;
  expect(untilRefused).toBeLessThan(MANY);
  expect(await letters()).toEqual([null, null]);
  expect(made).toBe(untilRefused);
});

test.for([0, 1])('an error of chunk %i is thrown, and nothing is written', async (at) => {
  const { client, letters } = await connect();
  const error = new RangeError('no such row');
  const chunks = [() => Buffer.concat([HEADER, row('b')]), () => row('c'), () => TRAILER];
  chunks[at] = () => {
    throw error;
  };
  await expect(copyIn(client, COPY, [[() => Buffer.concat([HEADER, row('a'), TRAILER])], chunks])).rejects.toBe(error);
  expect(await letters()).toEqual([null, null]);
});
