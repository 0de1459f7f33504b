import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { type Canonical, createMasker } from '../../lambda/masking/masker.ts';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';
import { openValue, unwrap } from '../../lambda/masking/vault/open.ts';
import { toVaultKey, type VaultKey } from '../../lambda/masking/vault/vault-key.ts';
import type { TestDatabase } from './database.ts';
import { createFunction, TEST_LAYER_KEY, TEST_MASK_KEY, type TestFunction } from './function.ts';

/** One key pair for all tests of a file, since making one takes a moment; removed after them. */
export const VAULT_KEYS = makeVaultKeys();

function makeVaultKeys() {
  const { publicKey: publicPem, privateKey: privatePem } = generateKeyPairSync('rsa', {
    modulusLength: 3072,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-vault-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const privateFile = join(folder, 'vault-private.pem');
  writeFileSync(privateFile, privatePem, { mode: 0o600 });
  const key = toVaultKey(createPublicKey(publicPem)) as VaultKey;
  return { key, publicPem, privatePem, privateFile, privateKey: createPrivateKey(privatePem) };
}

/** The settings of a function that seals. */
export const VAULT_ENV = { VAULT_PUBLIC_KEY: VAULT_KEYS.publicPem };

export function withVault(databaseUrl: string, env: Record<string, string> = {}): TestFunction {
  return createFunction(databaseUrl, { ...VAULT_ENV, ...env });
}

export interface OpenedValue {
  month: string;
  pseudonym: string;
  field: number;
  value: string | null;
  /** Whether the value, masked, gives the pseudonym. */
  matches: boolean;
}

const bytesOf = (setting: string) => (parseMasterKey(setting) as { bytes: Uint8Array }).bytes;
const ROOT = bytesOf(TEST_MASK_KEY);
/** Those of k1, which has no layer key of its own, and of k2. */
const maskers = [
  createMasker('k1', deriveMaskKeys(ROOT)),
  createMasker('k2', deriveMaskKeys(ROOT, bytesOf(TEST_LAYER_KEY))),
];
const VALUE_KEYS: readonly Canonical['key'][] = ['ip', 'deviceId', 'ipText'];

/** Opens everything, by the owner and the private key. */
export async function openVault({ query }: Pick<TestDatabase, 'query'>): Promise<OpenedValue[]> {
  const batches = await query('select month::text, batch_id, wrapped from vault_batches');
  const dataKeys = new Map(
    batches.map(({ month, batch_id, wrapped }) => [`${month} ${batch_id}`, unwrap(wrapped, VAULT_KEYS.privateKey)]),
  );
  const rows = await query('select *, month::text as month from vault');
  return rows.map(({ month, field, kid, pseudonym, batch_id, seq, sealed }) => {
    const value = openValue(dataKeys.get(`${month} ${batch_id}`) as Buffer, seq, sealed);
    const name = `k${kid}${field === 3 ? 't' : ''}_${pseudonym.replaceAll('-', '')}`;
    const canonical = value === null ? null : { key: VALUE_KEYS[field - 1] as Canonical['key'], text: value };
    const [masked] = maskers[kid - 1]?.mask([canonical]) ?? [];
    return { month, pseudonym: name, field, value, matches: masked === name };
  });
}

/**
 * @returns what is wrong, each in a few words: every pseudonym of the table has exactly one value of its month, which opens
 *   and matches it, and there is no other value and no batch without one
 */
export async function vaultFlaws(database: Pick<TestDatabase, 'query'>): Promise<string[]> {
  const values = await openVault(database);
  const rows = await database.query(`
    select distinct date_trunc('month', create_date)::date::text || ' ' || masked as key
    from user_logins, unnest(array[masked_ip, masked_device_id]) as masked
    where masked is not null`);
  const empty = await database.query(
    'select batch_id from vault_batches where (month, batch_id) not in (select month, batch_id from vault)',
  );
  const inVault = new Set(values.map(({ month, pseudonym }) => `${month} ${pseudonym}`));
  const inTable = new Set<string>(rows.map(({ key }) => key));
  return [
    ...values.filter(({ matches }) => !matches).map(({ pseudonym }) => `does not match ${pseudonym}`),
    ...[...inTable].filter((key) => !inVault.has(key)).map((key) => `is not sealed: ${key}`),
    ...[...inVault].filter((key) => !inTable.has(key)).map((key) => `belongs to no row: ${key}`),
    ...empty.map(({ batch_id }) => `batch ${batch_id} is empty`),
  ];
}
