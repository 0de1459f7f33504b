import type { KeyObject } from 'node:crypto';
import type { ClientBase } from 'pg';
import { BLOCK_DIGITS, decryptBlocks, encryptBlocks } from '../../masking/masker.ts';

export interface RekeyLayer {
  kid: string;
  block: KeyObject;
}

export interface Rotation {
  from: RekeyLayer;
  to: RekeyLayer;
}

/** A range of the 32 digits under the old key, in the order of their bytes. */
export interface HexRange {
  low: string;
  /** null: to the end. */
  high: string | null;
}

const CHUNK_ROWS = 10_000;

interface StoredRow {
  tableoid: string;
  ctid: string;
  masked_ip: string | null;
  masked_device_id: string | null;
}

/**
 * Moves what one scan of the table finds under the old key within the range, in the transaction that is open. No values
 * are needed for it, and no root key: the old layer is taken off each block and the new one put on.
 *
 * @param onChunk told how many pseudonyms of each chunk were moved, and may throw to end it
 * @returns how many rows were found
 */
export async function movePseudonyms(
  client: ClientBase,
  rotation: Rotation,
  range: HexRange,
  onChunk: (pseudonyms: number) => void,
): Promise<number> {
  const isOld = (column: string) => condition(column, rotation.from.kid, range);
  await client.query(`declare moving no scroll cursor for
    select tableoid, ctid::text, masked_ip, masked_device_id from user_logins
    where ${isOld('masked_ip')} or ${isOld('masked_device_id')}`);
  let found = 0;
  for (;;) {
    const { rows } = await client.query<StoredRow>(`fetch ${CHUNK_ROWS} from moving`);
    if (rows.length === 0) break;
    found += rows.length;
    onChunk(await moveChunk(client, rotation, range, rows));
  }
  await client.query('close moving');
  return found;
}

/** @returns how many pseudonyms are under the key; a row can have two */
export async function countUnder(client: ClientBase, kid: string): Promise<number> {
  const everywhere = { low: '', high: null };
  const { rows } = await client.query<{ count: string }>(
    `select count(*) filter (where ${condition('masked_ip', kid, everywhere)})
          + count(*) filter (where ${condition('masked_device_id', kid, everywhere)}) as count
     from user_logins`,
  );
  return Number(rows[0]?.count);
}

/** The length tells a pseudonym from other text of that beginning, and is nine times as fast as a bound in a pattern. */
function condition(column: string, kid: string, { low, high }: HexRange): string {
  const isUnder = (prefix: string) =>
    `(${column} like '${prefix.replace('_', '\\_')}%' and octet_length(${column}) = ${prefix.length + BLOCK_DIGITS})`;
  const digits = `right(${column}, ${BLOCK_DIGITS}) collate "C"`;
  const bounds = [low && `${digits} >= '${low}'`, high && `${digits} < '${high}'`].filter(Boolean);
  return [`(${isUnder(`${kid}_`)} or ${isUnder(`${kid}t_`)})`, ...bounds].join(' and ');
}

const UPDATE = `
  update user_logins as logins set masked_ip = moved.new_ip, masked_device_id = moved.new_device_id
  from unnest($1::oid[], $2::tid[], $3::text[], $4::text[], $5::text[], $6::text[])
    as moved (tableoid, ctid, old_ip, new_ip, old_device_id, new_device_id)
  where logins.ctid = moved.ctid and logins.tableoid = moved.tableoid
    and logins.masked_ip is not distinct from moved.old_ip
    and logins.masked_device_id is not distinct from moved.old_device_id`;

async function moveChunk(
  client: ClientBase,
  rotation: Rotation,
  range: HexRange,
  rows: readonly StoredRow[],
): Promise<number> {
  const ips = rows.map((row) => row.masked_ip);
  const devices = rows.map((row) => row.masked_device_id);
  const [newIps, newDevices] = [ips, devices].map((values) => rekeyed(values, rotation, range)) as [Rekeyed, Rekeyed];
  await client.query(UPDATE, [
    rows.map((row) => row.tableoid),
    rows.map((row) => row.ctid),
    ips,
    newIps.values,
    devices,
    newDevices.values,
  ]);
  return newIps.count + newDevices.count;
}

interface VaultRow {
  tableoid: string;
  ctid: string;
  digits: string;
}

/** Month by month along the key: in the order of pseudonyms alone every row would be read. */
const VAULT_ROWS = `
  with recursive months (month) as (
    (select min(month) from vault)
    union all
    select (select min(month) from vault where vault.month > months.month) from months where month is not null
  )
  select vault.tableoid, vault.ctid::text, replace(pseudonym::text, '-', '') as digits
  from months join vault using (month)
  where kid = $1 and pseudonym between $2::uuid and $3::uuid`;

const UPDATE_VAULT = `
  update vault set kid = $1, pseudonym = moved.pseudonym
  from unnest($2::oid[], $3::tid[], $4::uuid[]) as moved (tableoid, ctid, pseudonym)
  where vault.ctid = moved.ctid and vault.tableoid = moved.tableoid`;

/**
 * Moves the vault's rows of the range, which keep what is sealed in them. Only while no writer may write: one that waits for
 * a row here would be waited for in turn.
 */
export async function moveVault(client: ClientBase, { from, to }: Rotation, range: HexRange): Promise<void> {
  // Digits of uuids are compared as those of texts are; what is below the upper end is all that begins with less.
  const low = range.low.padEnd(BLOCK_DIGITS, '0');
  const high = range.high === null ? 'f'.repeat(BLOCK_DIGITS) : range.high.padEnd(BLOCK_DIGITS, '0');
  const { rows } = await client.query<VaultRow>(VAULT_ROWS, [kidNumber(from.kid), low, high]);
  const inRange = rows.filter(({ digits }) => range.high === null || digits < high);
  const blocks = Buffer.from(inRange.map(({ digits }) => digits).join(''), 'hex');
  const moved = encryptBlocks(to.block, decryptBlocks(from.block, blocks)).toString('hex');
  for (let at = 0; at < inRange.length; at += CHUNK_ROWS) {
    const chunk = inRange.slice(at, at + CHUNK_ROWS);
    await client.query(UPDATE_VAULT, [
      kidNumber(to.kid),
      chunk.map(({ tableoid }) => tableoid),
      chunk.map(({ ctid }) => ctid),
      chunk.map((_, i) => moved.slice((at + i) * BLOCK_DIGITS, (at + i + 1) * BLOCK_DIGITS)),
    ]);
  }
}

function kidNumber(kid: string): number {
  return Number(kid.slice(1));
}

export interface Rekeyed {
  values: (string | null)[];
  /** How many are others than before. */
  count: number;
}

/** Each under the new key where it is under the old one and within the range, else as it is. */
export function rekeyed(values: readonly (string | null)[], { from, to }: Rotation, { low, high }: HexRange): Rekeyed {
  const form = new RegExp(`^${from.kid}(t?)_([0-9a-f]{${BLOCK_DIGITS}})$`);
  const old = values.map((value) => {
    const [, text = '', digits = ''] = form.exec(value ?? '') ?? [];
    return digits >= low && digits !== '' && (high === null || digits < high) ? { text, digits } : null;
  });
  const blocks = Buffer.from(old.map((one) => one?.digits ?? '').join(''), 'hex');
  const digits = encryptBlocks(to.block, decryptBlocks(from.block, blocks)).toString('hex');
  let at = 0;
  const moved = values.map((value, i) => {
    const one = old[i];
    if (!one) return value;
    const pseudonym = `${to.kid}${one.text}_${digits.slice(at, at + BLOCK_DIGITS)}`;
    at += BLOCK_DIGITS;
    return pseudonym;
  });
  return { values: moved, count: blocks.length / (BLOCK_DIGITS / 2) };
}
