import type { ClientBase } from 'pg';
import { KeyMismatchError } from '../../errors.ts';

export interface KeyIdentity {
  kid: string;
  checkValue: string;
}

/**
 * Holds the key against the one this database was first written with; the first writer enrols its own.
 *
 * @throws KeyMismatchError when they disagree
 */
export async function checkKey(client: ClientBase, key: KeyIdentity): Promise<void> {
  const enrolled = (await findCheckValue(client, key.kid)) ?? (await enrol(client, key));
  if (enrolled !== key.checkValue) throw new KeyMismatchError(key.kid);
}

/** Of two writers that enrol at once one wins, and both then read what the winner wrote. */
async function enrol(client: ClientBase, key: KeyIdentity): Promise<string | undefined> {
  await client.query('insert into mask_keys (kid, check_value) values ($1, $2) on conflict do nothing', [
    key.kid,
    key.checkValue,
  ]);
  return findCheckValue(client, key.kid);
}

async function findCheckValue(client: ClientBase, kid: string): Promise<string | undefined> {
  const found = await client.query<{ check_value: string }>('select check_value from mask_keys where kid = $1', [kid]);
  return found.rows[0]?.check_value;
}
