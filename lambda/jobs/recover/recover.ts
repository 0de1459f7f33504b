import type { ClientBase } from 'pg';
import { NoRightError } from '../../errors.ts';
import { type Masker, PSEUDONYM, VALUE_KEYS } from '../../masking/masker.ts';
import { openValue } from '../../masking/vault/open.ts';
import type { SecretField } from '../pseudonym/pseudonym.ts';
import { findSealed, newestKid, type SealedRow, whoMayOpen } from './sealed-rows.ts';

export interface RecoverRequest {
  field: SecretField;
  pseudonyms: readonly string[];
  /** 3 to 500 characters, kept for good. */
  reason: string;
  /** Who asks, as far as that is known beside the database's own user. */
  caller: string | null;
}

export interface RecoverTools {
  /** In the order of the batches that it is given. */
  unwrap(keys: readonly { keyName: string; wrapped: Buffer }[]): Promise<Buffer[]>;
  /** null: what comes out is not compared with its pseudonym. */
  masker: Masker | null;
}

export interface RecoveredValue {
  pseudonym: string;
  /** null where what comes out is not a value that was ever sealed. */
  value: string | null;
  /** Of the newest login with it, `2026-11`. */
  month: string;
  /** Whether the value has this pseudonym; null without the mask keys, which alone could tell. */
  verified: boolean | null;
}

export interface Recovered {
  values: RecoveredValue[];
  /** Neither sealed nor closed away: never seen, or erased. */
  unknown: string[];
  /** Of those, the ones under another layer key than the vault's newest values, which is this one. */
  older: { pseudonyms: string[]; kid: string } | null;
  auditId: string;
}

/** The keys of a field's values, where their name is not the field's own. */
const KEYS_OF: Readonly<Partial<Record<string, readonly string[]>>> = { ip: ['ip', 'ipText'], device_id: ['deviceId'] };
const NOT_ALLOWED = '42501';

/**
 * Opens sealed values. That they were asked for is committed before the first of them is read.
 *
 * @param client as login_recoverer or the owner
 * @throws NoRightError where the role has no right to it, with those that have; pg's error
 */
export async function recover(client: ClientBase, request: RecoverRequest, tools: RecoverTools): Promise<Recovered> {
  try {
    const auditId = await writeAudit(client, request);
    const found = await findSealed(client, request.pseudonyms.map(digitsOf));
    const rows = new Map(request.pseudonyms.map((name) => [name, found.find((row) => isOf(row, name, request.field))]));
    const sealed = [...rows].flatMap(([pseudonym, row]) => (row ? [{ pseudonym, row }] : []));
    const values = await openAll(sealed, tools);
    const unknown = [...rows].filter(([, row]) => !row).map(([name]) => name);
    return { values, unknown, older: await olderOnes(client, unknown), auditId };
  } catch (error) {
    if ((error as { code?: unknown }).code !== NOT_ALLOWED) throw error;
    throw new NoRightError(`This role may not recover values. Those who may: ${await whoMayOpen(client)}.`);
  }
}

async function writeAudit(client: ClientBase, { caller, reason, pseudonyms }: RecoverRequest): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'insert into recover_audit (caller, reason, pseudonyms) values ($1, $2, $3) returning id',
    [caller, reason, pseudonyms],
  );
  return rows[0]?.id as string;
}

function isOf(row: SealedRow, pseudonym: string, field: SecretField): boolean {
  return row.digits === digitsOf(pseudonym) && `k${row.kid}` === kidOf(pseudonym) && isOfField(row.field, field);
}

async function openAll(
  sealed: readonly { pseudonym: string; row: SealedRow }[],
  { unwrap, masker }: RecoverTools,
): Promise<RecoveredValue[]> {
  const batches = new Map(sealed.map(({ row }) => [row.batch, { keyName: row.keyName, wrapped: row.wrapped }]));
  const opened = await unwrap([...batches.values()]);
  const dataKeys = new Map([...batches.keys()].map((batch, i) => [batch, opened[i] as Buffer]));
  return sealed.map(({ pseudonym, row }) => {
    const value = openValue(dataKeys.get(row.batch) as Buffer, row.seq, row.sealed);
    return { pseudonym, value, month: row.month, verified: verify(pseudonym, value, row.field, masker) };
  });
}

/** `vault.field` numbers the keys. */
function isOfField(number: number, field: SecretField): boolean {
  return (KEYS_OF[field] ?? [field]).includes(VALUE_KEYS[number - 1] ?? '');
}

function verify(pseudonym: string, text: string | null, field: number, masker: Masker | null): boolean | null {
  const kid = kidOf(pseudonym);
  const key = VALUE_KEYS[field - 1];
  if (text === null || key === undefined) return false;
  if (!masker?.kids.includes(kid)) return null;
  const [masked] = masker.mask([{ key, text }], { kid, nextKid: null, frontier: '' });
  return digitsOf(masked ?? '') === digitsOf(pseudonym);
}

async function olderOnes(client: ClientBase, unknown: readonly string[]): Promise<Recovered['older']> {
  const kid = await newestKid(client);
  const pseudonyms = unknown.filter((pseudonym) => kidOf(pseudonym) !== kid);
  return kid === null || pseudonyms.length === 0 ? null : { pseudonyms, kid };
}

function kidOf(pseudonym: string): string {
  return PSEUDONYM.test(pseudonym) ? pseudonym.replace(/t?_.*$/, '') : '';
}

function digitsOf(pseudonym: string): string {
  return pseudonym.replace(/^.*_/, '');
}
