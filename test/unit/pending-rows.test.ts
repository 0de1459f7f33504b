import { expect, test } from 'vitest';
import { distinct } from '../../lambda/batch/distinct.ts';
import { maskWhenRead } from '../../lambda/batch/pending-rows.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker, type Masker } from '../../lambda/masking/masker.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { countingKey } from '../support/pseudonyms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const KEYS = deriveMaskKeys(countingKey(0));
const MASKER = createMasker('k1', { ...KEYS, next: { kid: 'k2', layer: deriveMaskKeys(countingKey(1)).layer } });
const K1 = { kid: 'k1', nextKid: null, frontier: '', generation: '1' };
const K2 = { ...K1, kid: 'k2' };

/** Ten messages in the order of their send times, and how many values the masker got. */
function tenRows() {
  const parsed = Array.from({ length: 10 }, (_, i) =>
    parseMessage(sqsRecord({ ...VALID_BODY, device_id: `device ${i}` }, { sentAt: 1_000 + i }), 1_000),
  );
  let masked = 0;
  const counting: Masker = {
    ...MASKER,
    mask(values, state) {
      masked += values.length;
      return MASKER.mask(values, state);
    },
  };
  return { rows: maskWhenRead(distinct(parsed).messages, counting), masked: () => masked };
}

const times = (rows: readonly { sent_at: number }[]) => rows.map(({ sent_at }) => sent_at - 1_000);

test('a part counts its rows from its own beginning, and ends where it ends', () => {
  const part = tenRows().rows.part(3, 7);
  expect(part.keys.map(({ sentAt }) => sentAt - 1_000)).toEqual([3, 4, 5, 6]);
  expect(times(part.slice(1, 3, K1))).toEqual([4, 5]);
  expect(times(part.slice(2, 9, K1))).toEqual([5, 6]);
});

test('each message is masked once, however often and in whatever parts its row is read', () => {
  const { rows, masked } = tenRows();
  expect(masked()).toBe(0);
  const first = rows.part(0, 10).slice(0, 4, K1);
  expect(masked()).toBe(2 * 4);
  const all = rows.part(0, 10).slice(0, 10, K1);
  expect(rows.part(2, 5).slice(0, 3, K1)).toEqual(all.slice(2, 5));
  expect(all.slice(0, 4)).toEqual(first);
  expect(masked()).toBe(2 * 10);
});

test('under another state every row is masked anew', () => {
  const { rows, masked } = tenRows();
  rows.part(0, 10).slice(0, 10, K1);
  const [row] = rows.part(0, 10).slice(0, 1, K2);
  expect(row?.masked_device_id).toMatch(/^k2_/);
  expect(masked()).toBe(2 * 11);
  expect(rows.part(0, 10).slice(9, 10, K2)[0]?.masked_ip).toMatch(/^k2_/);
});

test('the raw values of a part are told with their pseudonyms, and null is not one', () => {
  const told: unknown[] = [];
  const { rows } = tenRows();
  const part = rows.part(8, 10);
  part.eachSecret(K1, (row, sentAt, pseudonym, value) => told.push([row, sentAt, pseudonym, value]));
  const expected = part.slice(0, 2, K1).flatMap(({ sent_at, masked_ip, masked_device_id }, i) => [
    [i, sent_at, masked_ip, { key: 'ip', text: VALID_BODY.ip }],
    [i, sent_at, masked_device_id, { key: 'deviceId', text: `device ${8 + i}` }],
  ]);
  expect(told).toEqual(expected);
  const nobody = parseMessage(sqsRecord({ ...VALID_BODY, ip: null, device_id: null }, { sentAt: 1_000 }), 1_000);
  const none = maskWhenRead(distinct([nobody]).messages, MASKER).part(0, 1);
  none.eachSecret(K1, () => {
    throw new Error('there is nothing to tell');
  });
});
