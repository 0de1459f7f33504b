import type { PseudonymColumn } from './queries.ts';

/** What a report says of the table: aggregates of one snapshot, so that all figures agree. */
export interface Facts {
  /** When the snapshot was taken; ISO 8601, UTC. */
  at: string;
  /** Only logins of the last so many days count, today included; null: all. */
  days: number | null;
  logins: number;
  users: number;
  /** YYYY-MM-DD; null in an empty table. */
  first: string | null;
  last: string | null;
  /** Logins without a day, or with an infinite one. */
  undated: number;
  unit: Unit;
  /** One for each period and device type that has logins, in order. */
  periods: PeriodCount[];
  devices: Ranking;
  /** Ordered as versions, not as numbers. */
  versions: Ranking;
  locales: Ranking;
  sharedDevices: Sharing;
  sharedIps: Sharing;
  /** Ids of the keys that the database knows; null where this role may not read them. */
  keyIds: string[] | null;
  forms: FormCount[];
  /** Rows with something like an IPv4 address where none belongs, by column. */
  ipLike: Record<'user_id' | 'device_type' | 'locale', number>;
  /** What an audit finds apart from values: rights that the migrations do not give, and settings that log values. */
  access: { grants: number; logSettings: number };
}

export type Unit = 'day' | 'week' | 'month';

export interface PeriodCount {
  /** The first of the period. */
  day: string;
  /** Null: none, or with `is_rest` all device types that are not among the most frequent. */
  name: string | null;
  is_rest: boolean;
  logins: number;
}

export interface Ranking {
  /** `name` is null for logins without one. */
  top: { name: string | null; logins: number }[];
  others: { names: number; logins: number };
}

export interface FormCount {
  column: PseudonymColumn;
  /** The id of a key that the database knows, with `t` where it stands for text; empty: all values, whatever they are. */
  form: string;
  logins: number;
}

export interface Sharing {
  pseudonyms: number;
  /** How many have more than one user. */
  shared: number;
  histogram: Bucket[];
  top: Cluster[];
}

export interface Bucket {
  /** Users, both included; `to` is null for the last bucket, which is open. */
  from: number;
  to: number | null;
  pseudonyms: number;
  logins: number;
}

export interface Cluster {
  /** Null where the value is none, and could be anything. */
  pseudonym: string | null;
  users: number;
  logins: number;
  first: string | null;
  last: string | null;
}

export interface UserCount {
  users: number;
  pseudonyms: number;
  logins: number;
}

/** The beginning of each bucket. */
const BUCKETS = [1, 2, 3, 4, 5, 10, 20, 50, 100, 1_000];

/** @param counts by number of users, in order; 0 where no login of a pseudonym names one */
export function sharingOf(counts: readonly UserCount[], top: Cluster[]): Sharing {
  const most = counts.at(-1)?.users ?? 0;
  const used = BUCKETS.filter((from) => from <= Math.max(most, counts.length > 0 ? 1 : 0));
  const histogram = used.map((from, i) => {
    const to = BUCKETS[i + 1] === undefined ? null : (BUCKETS[i + 1] as number) - 1;
    const inside = counts.filter(({ users }) => Math.max(users, 1) >= from && (to === null || users <= to));
    return { from, to, pseudonyms: sum(inside, 'pseudonyms'), logins: sum(inside, 'logins') };
  });
  const shared = counts.filter(({ users }) => users > 1);
  return { pseudonyms: sum(counts, 'pseudonyms'), shared: sum(shared, 'pseudonyms'), histogram, top };
}

function sum(counts: readonly UserCount[], what: 'pseudonyms' | 'logins'): number {
  return counts.reduce((total, count) => total + count[what], 0);
}

/** The logins that have a value in `column`. */
export function withValue({ forms }: Pick<Facts, 'forms'>, column: PseudonymColumn): number {
  return forms.find((form) => form.column === column && form.form === '')?.logins ?? 0;
}

/** Its values that are no pseudonyms under a key that the database knows. */
export function notPseudonyms({ forms }: Pick<Facts, 'forms'>, column: PseudonymColumn): number {
  const known = forms.filter((form) => form.column === column && form.form !== '');
  return known.reduce((rest, { logins }) => rest - logins, withValue({ forms }, column));
}
