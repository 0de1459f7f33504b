import { expect, test } from 'vitest';
import { createRepeatedReasons } from '../../localstack/embedded/repeated-reasons.ts';

function saidOf(batches: readonly (readonly string[])[]): string[] {
  const said: string[] = [];
  const told = createRepeatedReasons((line) => said.push(line));
  for (const reasons of batches) told(reasons);
  return said;
}

const away = ['database 08P01'];

test('a reason that comes once is not news', () => {
  expect(saidOf([away, [], ['kms TimeoutError'], away])).toEqual([]);
});

test('a reason that repeats is named at the second try, the fourth and the eighth', () => {
  expect(saidOf(Array(9).fill(away))).toEqual(
    [2, 4, 8].map((tries) => `Still not stored after ${tries} tries, trying again: database 08P01`),
  );
});

test('reasons are counted apart, and each once a batch', () => {
  const both = ['database 08P01', 'unclassified P0001', 'database 08P01'];
  expect(saidOf([away, both, both])).toEqual([
    'Still not stored after 2 tries, trying again: database 08P01',
    'Still not stored after 2 tries, trying again: unclassified P0001',
  ]);
});

test('a batch without the reason begins a new count', () => {
  expect(saidOf([away, away, [], away, away])).toHaveLength(2);
});
