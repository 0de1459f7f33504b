import type { ClientBase } from 'pg';
import { otherScheme, unequalKey } from '../../errors.ts';
import type { KeyCheck } from '../../masking/masker.ts';

/** Names of the root key: one for values, one for the hashes of an adopted table. A database knows one of them. */
const SCHEMES = ['root', 'sha256'];

/**
 * Compares the keys with those that this database was first written with. The first writer enrols its own, but never
 * beside one that disagrees.
 *
 * @throws KeyMismatchError for the first that disagrees
 */
export async function checkKeys(client: ClientBase, checks: readonly KeyCheck[]): Promise<void> {
  if (await areEnrolled(client, checks)) return;
  // If two writers enrol at once, one wins and both then read what it wrote.
  await client.query(
    'insert into mask_keys (name, check_value) select * from unnest($1::text[], $2::text[]) on conflict do nothing',
    [checks.map(({ name }) => name), checks.map(({ value }) => value)],
  );
  await areEnrolled(client, checks);
}

/**
 * @returns false where one is missing
 * @throws KeyMismatchError where one disagrees, or the root key wrote values of the other scheme
 */
export async function areEnrolled(client: ClientBase, checks: readonly KeyCheck[]): Promise<boolean> {
  const { rows } = await client.query<{ name: string; check_value: string }>(
    'select name, check_value from mask_keys where name = any ($1)',
    [[...checks.map(({ name }) => name), ...SCHEMES]],
  );
  const enrolled = new Map(rows.map(({ name, check_value }) => [name, check_value]));
  for (const { name, value } of checks) {
    const other = SCHEMES.find((scheme) => SCHEMES.includes(name) && scheme !== name);
    if (other && enrolled.has(other)) throw otherScheme(other === 'sha256');
    if ((enrolled.get(name) ?? value) !== value) throw unequalKey(name);
  }
  return checks.every(({ name }) => enrolled.has(name));
}
