import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { MalformedEventError } from '../../lambda/errors.ts';
import { Random } from '../support/random.ts';
import { anyBody, type Body } from './bodies.ts';
import { largeBody } from './large-bodies.ts';
import { collected, inMiB } from './memory.ts';
import { anyBatch, anyRecord, type Drawn, namelessRecord } from './records.ts';
import { CANARY } from './texts.ts';
import { judge, judgeAlone, together } from './verdicts.ts';
import { startWatchdog } from './watchdog.ts';

const { seed, records, largeRecords } = inject('plan');
const NOW = Date.UTC(2026, 10, 20);
/** Of the processor, whatever else the machine does. Far more than a batch takes; what is not linear takes minutes. */
const MAX_BATCH_MS = 5_000;
const MAX_HELD_BYTES = 16 * 2 ** 20;

const watchdog = startWatchdog(seed, 60_000);
/** `stored`, and all that `verdicts.ts` allows. */
const CODES = 17;
const untouched = new Set(Reflect.ownKeys(Object.prototype));
/** How many records got each verdict, alone. */
const seen = new Map<string, number>();
let batches = 0;
let slowestMs = 0;

beforeAll(() => watchdog.beat(0));
afterAll(() => watchdog.stop());

/** Alone, in one batch, and in one batch in another order: the same verdicts and rows. */
async function tryBatch(random: Random, drawn: readonly Drawn[]): Promise<void> {
  const alone = await judgeAlone(drawn, NOW);
  for (const [verdict = ''] of alone.map(({ verdicts }) => verdicts)) seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
  const order = random.shuffled([...drawn.keys()]);
  for (const places of [[...drawn.keys()], order]) {
    const before = process.threadCpuUsage();
    const judged = await judge(
      places.map((i) => (drawn[i] as Drawn).record),
      NOW,
    );
    const { user, system } = process.threadCpuUsage(before);
    const ms = (user + system) / 1_000;
    slowestMs = Math.max(slowestMs, ms);
    assert(ms < MAX_BATCH_MS, `a batch took ${ms} ms`);
    assert.deepEqual(judged, together(places.map((i) => alone[i] as (typeof alone)[number])));
  }
  if (random.chance(0.02)) await tryNameless(random, drawn);
}

/** The one throw there may be: a record without an id, whose failure could not be reported. */
async function tryNameless(random: Random, drawn: readonly Drawn[]): Promise<void> {
  const batch = drawn.map(({ record }) => record);
  const at = random.int(0, batch.length - 1);
  batch[at] = namelessRecord(random, random.pick(batch));
  const error = await judge(batch, NOW).catch((thrown: unknown) => thrown);
  assert(error instanceof MalformedEventError, 'a batch with a nameless record fails as a whole');
  assert(!`${error.message} ${error.stack} ${JSON.stringify(error)}`.includes(CANARY), 'an error holds no value');
}

/** @param part which draws of the seed these are */
async function tryRecords(
  part: number,
  count: number,
  maxBatch: number,
  draw: (random: Random) => Body,
): Promise<void> {
  const random = new Random(seed + part);
  let heldAtFirst = 0;
  for (let done = 0; done < count; ) {
    const size = Math.min(random.int(1, maxBatch), count - done);
    watchdog.beat(++batches);
    const drawn = anyBatch(random, () => anyRecord(random, NOW, draw), size);
    await tryBatch(random, drawn).catch((cause) => {
      throw new Error(`FUZZ_SEED=${seed}, part ${part}, batch ${batches}: ${cause.message}`, { cause });
    });
    // The first tenth warms up: code is compiled, caches are filled.
    if (done < count / 10) heldAtFirst = done + size >= count / 10 ? collected() : 0;
    done += size;
  }
  const held = collected() - heldAtFirst;
  process.stdout.write(
    `fuzz: ${count} records, slowest batch ${Math.round(slowestMs)} ms, ${inMiB(held)} more held, RSS ${inMiB(process.memoryUsage.rss())}\n`,
  );
  expect(held).toBeLessThan(MAX_HELD_BYTES);
}

describe('every record gets its verdict, the same alone and in company, in bounded time and memory', () => {
  test('whatever its body, id and attributes', () => tryRecords(1, records, 60, anyBody));

  test('with a body of about 1 MiB', () => tryRecords(2, largeRecords, 4, largeBody));

  test('and every possible code was drawn, if there were enough draws', () => {
    const codes = new Set([...seen.keys()].map((verdict) => verdict.split(' ').slice(0, 2).join(' ')));
    if (records > 5_000) expect(codes.size, [...codes].join(', ')).toBe(CODES);
  });

  test('and nothing of it stays behind in a prototype', () => {
    expect(Reflect.ownKeys(Object.prototype).filter((key) => !untouched.has(key))).toEqual([]);
  });
});
