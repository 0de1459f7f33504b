import assert from 'node:assert/strict';
import type { ClientBase } from 'pg';
import { describe, expect, test } from 'vitest';
import { distinct } from '../../lambda/batch/distinct.ts';
import { maskWhenRead, type PendingRows } from '../../lambda/batch/pending-rows.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { openValue, unwrap } from '../../lambda/masking/vault/open.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { createVault } from '../../lambda/store/write/vault.ts';
import { countingKey } from '../support/pseudonyms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { VAULT_KEYS } from '../support/vault.ts';

const MASKER = createMasker('k12', deriveMaskKeys(countingKey(0), countingKey(1)));
const STATE = { kid: 'k12', nextKid: null, frontier: '', generation: '1' };
/** Only which connection it is counts here, and nothing is sent. */
const connection = () => ({}) as ClientBase;
const CLIENT = connection();
const NOVEMBER = Date.UTC(2026, 10, 30, 23, 59, 59, 999);
const DECEMBER = Date.UTC(2026, 11, 1);

/** One login for each time; the values are the same in all, but for those that are given. */
function loginsAt(times: readonly number[], values: { ip?: string | null; device_id?: string | null } = {}) {
  const parsed = times.map((sentAt) => parseMessage(sqsRecord({ ...VALID_BODY, ...values }, { sentAt }), sentAt));
  return maskWhenRead(distinct(parsed).messages, MASKER).part(0, times.length);
}

interface SealedRow {
  month: string;
  field: number;
  pseudonym: string;
  value: string | null;
}

const BATCH = /insert into vault_batches .*select date '([^']+)', id, '([^']+)', decode\('([0-9a-f]+)', 'hex'\)/s;

/** What a statement seals, opened with the private key. */
function opened(statement: string): SealedRow[] {
  const list = (type: string, at = 0) =>
    [...statement.matchAll(new RegExp(`'{([^}]*)}'::${type}\\[\\]`, 'g'))][at]?.[1]?.split(',') ?? [];
  const [fields, kids, digits, seqs, lengths] = [
    list('smallint'),
    list('smallint', 1),
    list('uuid'),
    list('integer'),
    list('integer', 1),
  ] as const;
  const [, month = '', keyName, wrapped = ''] = BATCH.exec(statement) ?? [];
  assert.equal(keyName, VAULT_KEYS.key.name);
  // In the three places that name it, the month is one.
  assert.deepEqual(
    [...statement.matchAll(/date '([^']*)'/g)].map(([, one]) => one),
    [month, month, month],
  );
  const dataKey = unwrap(Buffer.from(wrapped, 'hex'), VAULT_KEYS.privateKey);
  const sealed = Buffer.from(/decode\('([0-9a-f]+)', 'hex'\) from seq \* 16/.exec(statement)?.[1] ?? '', 'hex');
  return digits.map((digit, i) => {
    const [seq, length] = [Number(seqs[i]), Number(lengths[i])];
    const value = openValue(dataKey, seq, sealed.subarray(seq * 16, seq * 16 + length));
    return { month, field: Number(fields[i]), pseudonym: `${kids[i]} ${digit}`, value };
  });
}

const seal = (rows: PendingRows, vault = createVault(VAULT_KEYS.key)) => vault.seal(CLIENT, rows, STATE);

describe('what a write adds to the vault', () => {
  test('is each value of a month once, under key id and digits of its pseudonym, which opens again', () => {
    const rows = loginsAt([NOVEMBER - 1, NOVEMBER]);
    const [row] = rows.slice(0, 1, STATE);
    const digits = (pseudonym: string | null | undefined) => `12 ${pseudonym?.replace('k12_', '')}`;
    const { statements } = seal(rows);
    expect(statements).toHaveLength(1);
    expect(opened(statements[0] as string)).toEqual([
      { month: '2026-11-01', field: 1, pseudonym: digits(row?.masked_ip), value: VALID_BODY.ip },
      { month: '2026-11-01', field: 2, pseudonym: digits(row?.masked_device_id), value: VALID_BODY.device_id },
    ]);
  });

  test('is a third kind of value where text in ip is not an address', () => {
    const rows = loginsAt([NOVEMBER], { ip: 'no address at all', device_id: null });
    const pseudonym = `12 ${rows.slice(0, 1, STATE)[0]?.masked_ip?.replace('k12t_', '')}`;
    const sealed = seal(rows).statements.flatMap(opened);
    expect(sealed).toEqual([{ month: '2026-11-01', field: 3, pseudonym, value: 'no address at all' }]);
  });

  test('is one statement for each month of UTC, by ascending month whatever the order of the rows', () => {
    const months = [DECEMBER + 31 * 86_400_000, NOVEMBER, DECEMBER].map((time) => loginsAt([time]));
    const backwards: PendingRows = {
      ...(months[0] as PendingRows),
      eachSecret: (state, visit) => {
        for (const rows of months) rows.eachSecret(state, visit);
      },
    };
    const { statements } = seal(backwards);
    expect(statements.map((one) => opened(one).map(({ month }) => month))).toEqual([
      ['2026-11-01', '2026-11-01'],
      ['2026-12-01', '2026-12-01'],
      ['2027-01-01', '2027-01-01'],
    ]);
  });

  test('is nothing of a row whose message is known already', () => {
    const rows = loginsAt([NOVEMBER, DECEMBER]);
    const { statements } = createVault(VAULT_KEYS.key).seal(CLIENT, rows, STATE, (row) => row === 1);
    expect(statements.flatMap(opened).map(({ month }) => month)).toEqual(['2026-12-01', '2026-12-01']);
  });

  test('has no raw value in it', () => {
    const text = seal(loginsAt([NOVEMBER])).statements.join();
    for (const raw of [VALID_BODY.ip, VALID_BODY.device_id]) {
      expect(text).not.toContain(raw);
      expect(text).not.toContain(Buffer.from(raw).toString('hex'));
    }
  });
});

describe('a value that is sealed already', () => {
  const committedOnce = () => {
    const vault = createVault(VAULT_KEYS.key);
    vault.seal(CLIENT, loginsAt([NOVEMBER]), STATE).committed();
    return vault;
  };

  test('is not sealed again in its month, and is in another', () => {
    expect(seal(loginsAt([NOVEMBER - 1]), committedOnce()).statements).toEqual([]);
    expect(seal(loginsAt([DECEMBER]), committedOnce()).statements).toHaveLength(1);
  });

  test('is sealed again where its write was not committed', () => {
    const vault = createVault(VAULT_KEYS.key);
    seal(loginsAt([NOVEMBER]), vault);
    expect(seal(loginsAt([NOVEMBER]), vault).statements).toHaveLength(1);
  });

  test('is sealed again on another connection, and once there is another generation', () => {
    const rows = loginsAt([NOVEMBER]);
    expect(committedOnce().seal(connection(), rows, STATE).statements).toHaveLength(1);
    expect(committedOnce().seal(CLIENT, rows, { ...STATE, generation: '2' }).statements).toHaveLength(1);
  });

  test('is remembered on the connection that came last', () => {
    const [vault, second] = [committedOnce(), connection()];
    const rows = loginsAt([NOVEMBER]);
    vault.seal(second, rows, STATE).committed();
    expect(vault.seal(second, rows, STATE).statements).toEqual([]);
    expect(vault.seal(CLIENT, rows, STATE).statements).toHaveLength(1);
  });
});
