import { expect, test } from 'vitest';
import { SeenValues } from '../../lambda/store/write/seen-values.ts';

function seenOf(size: number, keys: readonly string[]): SeenValues {
  const seen = new SeenValues(size);
  for (const key of keys) seen.add(key);
  return seen;
}

test('what was added is known, and nothing else', () => {
  const seen = seenOf(10, ['a', 'b']);
  expect(['a', 'b', 'c'].map((key) => seen.has(key))).toEqual([true, true, false]);
});

test('two generations are known; the third forgets the first', () => {
  expect(seenOf(2, ['a', 'b', 'c', 'd']).has('a')).toBe(true);
  const seen = seenOf(2, ['a', 'b', 'c', 'd', 'e']);
  expect(['a', 'b', 'c', 'd', 'e'].map((key) => seen.has(key))).toEqual([false, false, true, true, true]);
});

test('what is asked for again stays, however much comes after it', () => {
  const seen = seenOf(2, ['often']);
  for (let i = 0; i < 100; i++) {
    seen.add(`${i}`);
    expect(seen.has('often')).toBe(true);
  }
  expect(seen.has('90')).toBe(false);
});

test('all is forgotten at once, of both generations', () => {
  const seen = seenOf(1, ['a', 'b']);
  seen.clear();
  expect(['a', 'b'].map((key) => seen.has(key))).toEqual([false, false]);
});
