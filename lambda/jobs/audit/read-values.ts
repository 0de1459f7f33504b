import type { ClientBase } from 'pg';
import { formOf, likeIpv4 } from './value-forms.ts';

/** The columns of pseudonyms. Only an ip may be text that is not an address. */
const COLUMNS = [
  { name: 'masked_ip', mayBeText: true },
  { name: 'masked_device_id', mayBeText: false },
] as const;

export interface KeysInUse {
  /** null: nothing has been written yet. */
  kid: string | null;
  /** While a rotation is open. */
  nextKid: string | null;
  /** Of all layer keys that have ever written. */
  known: string[];
}

export interface ValueCounts {
  logins: number;
  keys: KeysInUse;
  /** By column, how many values have each form: `null`, a key id (`k1`, `k1t`), a raw form or `other`. */
  forms: Record<string, Record<string, number>>;
  wrong: WrongValues[];
}

/** Values that should not be where they are. */
export interface WrongValues {
  column: string;
  /** As in `forms`; `ipv4` in other columns is something like an address anywhere in the text. */
  form: string;
  /** What is wrong with it; a key id is one of no key that the database knows, or of one that is no longer in use. */
  why: 'not a pseudonym' | 'unknown key' | 'old key';
  values: number;
}

interface OtherColumn {
  name: string;
  /** An address by its type, however it is spelled. */
  isAddress: boolean;
}

export async function readValues(client: ClientBase): Promise<ValueCounts> {
  return readColumns(client, await readOtherColumns(client));
}

/** The same without a look at the other columns, which not every role may read. */
export function readPseudonyms(client: ClientBase): Promise<ValueCounts> {
  return readColumns(client, []);
}

async function readColumns(client: ClientBase, others: readonly OtherColumn[]): Promise<ValueCounts> {
  const keys = await readKeys(client);
  const { logins, forms, inOthers } = await countForms(client, others);
  const wrong = COLUMNS.flatMap(({ name }) => wrongIn(name, forms[name] ?? {}, keys));
  others.forEach(({ name }, i) => {
    const values = inOthers[i] ?? 0;
    if (values > 0) wrong.push({ column: name, form: 'ipv4', why: 'not a pseudonym', values });
  });
  return { logins, keys, forms, wrong };
}

async function readKeys(client: ClientBase): Promise<KeysInUse> {
  const { rows } = await client.query<{ kid: string; nextKid: string | null }>(
    'select kid, next_kid as "nextKid" from mask_state',
  );
  const names = await client.query<{ name: string }>(
    `select name from mask_keys where name like 'k%' order by length(name), name`,
  );
  const { kid = null, nextKid = null } = rows[0] ?? {};
  return { kid, nextKid, known: names.rows.map(({ name }) => name) };
}

/** Columns of the logins in which a raw address could be: those that hold text, JSON or addresses. */
async function readOtherColumns(client: ClientBase): Promise<OtherColumn[]> {
  const { rows } = await client.query<OtherColumn>(
    `select attname::text as name, typname in ('inet', 'cidr') as "isAddress"
     from pg_attribute join pg_type on pg_type.oid = atttypid
     where attrelid = 'user_logins'::regclass and attnum > 0 and not attisdropped and attname <> all ($1)
       and (typcategory = 'S' or typname in ('inet', 'cidr', 'json', 'jsonb'))
     order by attnum`,
    [COLUMNS.map(({ name }) => name)],
  );
  return rows;
}

interface FormCounts {
  logins: number;
  forms: ValueCounts['forms'];
  /** In the order of the columns. */
  inOthers: number[];
}

async function countForms(client: ClientBase, others: readonly OtherColumn[]): Promise<FormCounts> {
  const forms = COLUMNS.map(({ name, mayBeText }) => `${formOf(name, mayBeText)} as ${name}`);
  const tests = others.map((column, i) => `${holdsAddress(client, column)} as other_${i}`);
  const counted = others.map((_, i) => `count(*) filter (where other_${i})::integer as other_${i}`);
  const { rows } = await client.query<Record<string, string | number | null>>(
    `select ${[...COLUMNS.map(({ name }) => name), 'count(*)::float8 as logins', ...counted].join(', ')}
     from (select ${[...forms, ...tests].join(', ')} from user_logins) as formed
     group by masked_ip, masked_device_id`,
  );
  const sum = (name: string) => rows.reduce((total, row) => total + Number(row[name]), 0);
  const byForm = (name: string) => {
    const counts: Record<string, number> = {};
    for (const row of rows) counts[`${row[name]}`] = (counts[`${row[name]}`] ?? 0) + Number(row.logins);
    return [name, Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))] as const;
  };
  return {
    logins: sum('logins'),
    forms: Object.fromEntries(COLUMNS.map(({ name }) => byForm(name))),
    inOthers: others.map((_, i) => sum(`other_${i}`)),
  };
}

function holdsAddress(client: ClientBase, { name, isAddress }: OtherColumn): string {
  const column = client.escapeIdentifier(name);
  return isAddress ? `${column} is not null` : likeIpv4(`${column}::text`);
}

function wrongIn(column: string, forms: Readonly<Record<string, number>>, keys: KeysInUse): WrongValues[] {
  return Object.entries(forms).flatMap(([form, values]): WrongValues[] => {
    if (form === 'null') return [];
    const why = whatIsWrong(form, keys);
    return why === null ? [] : [{ column, form, why, values }];
  });
}

/** A key id with or without the letter that stands for text. */
const KEY_ID = /^(k[1-9][0-9]*)t?$/;

function whatIsWrong(form: string, { kid, nextKid, known }: KeysInUse): WrongValues['why'] | null {
  const id = KEY_ID.exec(form)?.[1];
  if (id === undefined) return 'not a pseudonym';
  if (!known.includes(id)) return 'unknown key';
  // A database that an older release wrote has no state yet.
  return kid === null || id === kid || id === nextKid ? null : 'old key';
}

export interface FoundRow {
  column: string;
  form: string;
  /** The partition where there is one. */
  table: string;
  ctid: string;
}

/** @returns where wrong values are, at most `limit` */
export async function findRows(client: ClientBase, { wrong }: ValueCounts, limit: number): Promise<FoundRow[]> {
  const others = await readOtherColumns(client);
  const forms = new Map([
    ...COLUMNS.map(({ name, mayBeText }) => [name, formOf(name, mayBeText)] as const),
    ...others.map((other) => [other.name, `case when ${holdsAddress(client, other)} then 'ipv4' end`] as const),
  ] as [string, string][]);
  const found: FoundRow[] = [];
  for (const { column, form } of wrong) {
    const { rows } = await client.query<Pick<FoundRow, 'table' | 'ctid'>>(
      `select tableoid::regclass::text as "table", ctid::text from user_logins where ${forms.get(column)} = $1 limit $2`,
      [form, limit - found.length],
    );
    found.push(...rows.map((row) => ({ column, form, ...row })));
  }
  return found;
}
