import { describe, expect, test } from 'vitest';
import { keptMessageIds } from '../../tools/event-source/batch-response.ts';

const IDS = ['a', 'b', 'c'];

function failed(answer: unknown): string[] {
  return [...keptMessageIds(answer, IDS)];
}

describe('every message succeeded', () => {
  test.for([
    undefined,
    null,
    {},
    { batchItemFailures: [] },
    { batchItemFailures: null },
    { batchItemFailures: undefined },
  ])('where the function answers %j', (answer) => {
    expect(failed(answer)).toEqual([]);
  });

  test.for([
    { batchItemfailures: [{ itemIdentifier: 'a' }] },
    { BatchItemFailures: [{ itemIdentifier: 'a' }] },
    { failures: ['a'] },
  ])('where the top-level key is misspelt, as on AWS: %j', (answer) => {
    expect(failed(answer)).toEqual([]);
  });
});

describe('the messages named failed', () => {
  test.for([[['b']], [['c', 'a']], [IDS]])('%j', ([ids = []]) => {
    const answer = { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
    expect(failed(answer)).toEqual(ids);
  });

  test('once, however often they are named', () => {
    expect(failed({ batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'b' }] })).toEqual(['b']);
  });

  test('whatever else the answer says', () => {
    expect(failed({ statusCode: 200, batchItemFailures: [{ itemIdentifier: 'b', reason: 'x' }] })).toEqual(['b']);
  });
});

describe('every message failed', () => {
  test.for([
    { batchItemFailures: [{ itemIdentifier: '' }] },
    { batchItemFailures: [{ itemIdentifier: null }] },
    { batchItemFailures: [{ itemIdentifier: 1 }] },
    { batchItemFailures: [{ itemidentifier: 'a' }] },
    { batchItemFailures: [{ foo: 'a' }] },
    { batchItemFailures: [{}] },
    { batchItemFailures: [null] },
    { batchItemFailures: ['a'] },
    { batchItemFailures: [{ itemIdentifier: 'not of this batch' }] },
    { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'not of this batch' }] },
    { batchItemFailures: [{ itemIdentifier: 'A' }] },
    { batchItemFailures: { itemIdentifier: 'a' } },
    { batchItemFailures: 'a' },
    { batchItemFailures: true },
    [{ itemIdentifier: 'a' }],
    'stored',
    true,
    3,
  ])('where the answer makes no sense: %j', (answer) => {
    expect(failed(answer)).toEqual(IDS);
  });
});
