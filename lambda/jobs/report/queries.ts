import { likeIpv4 } from '../audit/value-forms.ts';

/**
 * The questions of a report. None reads the table more than three times. $1 is the first day that counts or null, $2 the
 * seed of the hashes. All give one row with one column, `answer`.
 *
 * Users and pseudonyms are counted by 64 bits of a hash instead of by their text, which sorts in half the time. Two of
 * ten million share a hash once in 370,000 reports, and a random seed keeps producers from arranging it.
 */
const LOGINS = 'user_logins where ($1::date is null or create_date >= $1)';
/** A bar for each, besides one for all others: a producer can send any number of names. */
const MOST = { devices: 5, versions: 23, locales: 14 };
/** More bars than this are too thin to tell apart. */
const MOST_DAYS = 120;
export const MOST_CLUSTERS = 12;

export type PseudonymColumn = 'masked_ip' | 'masked_device_id';
const COLUMNS: readonly PseudonymColumn[] = ['masked_ip', 'masked_device_id'];

/**
 * Everything that needs no distinct count, in two readings: workers share each, and could not share a single one with
 * grouping sets, which takes twice as long on two processors. Grouping by all four columns at once takes longer than both,
 * since so many groups do not fit into the processor's cache.
 *
 * @param keyIds under which pseudonyms are known
 */
export const overview = (keyIds: readonly string[]) => `
  with login as materialized (
    select create_date, device_type, count(*) as logins, count(*) filter (where ${likeIpv4('user_id')}) as ip_like_users,
           ${formColumns(keyIds)
             .map(({ name, condition }) => `count(*) filter (where ${condition}) as ${name}`)
             .join(', ')}
    from ${LOGINS} group by 1, 2
  ), name as materialized (
    select app_version, locale, count(*) as logins from ${LOGINS} group by 1, 2
  ), days as (
    select min(create_date) as first, max(create_date) as last from login where isfinite(create_date)
  ), period as (
    select case when last is null or last - first < ${MOST_DAYS} then 'day' when last - first < ${7 * MOST_DAYS} then 'week'
                else 'month' end as unit
    from days
  ), device as (
    select device_type as name, sum(logins) as logins, row_number() over (order by sum(logins) desc, device_type) as place
    from login group by 1
  ), version as (
    select app_version_text(app_version) as name, app_version, sum(logins) as logins,
           row_number() over (order by sum(logins) desc, app_version) as place
    from name group by app_version
  ), locale as (
    select locale as name, sum(logins) as logins, row_number() over (order by sum(logins) desc, locale) as place
    from name group by 1
  )
  select json_build_object(
    'logins', ${total('login', 'logins')},
    'first', (select first from days), 'last', (select last from days), 'unit', (select unit from period),
    'undated', ${total('login', 'logins', 'create_date is null or not isfinite(create_date)')},
    'periods', (select coalesce(json_agg(t order by day, is_rest, name), '[]') from (
      select date_trunc(unit, create_date::timestamp)::date as day, place > ${MOST.devices} as is_rest,
             case when place <= ${MOST.devices} then name end as name, sum(login.logins) as logins
      from login cross join period join device on device.name is not distinct from login.device_type
      where isfinite(create_date) group by 1, 2, 3) t),
    'devices', ${most('device', MOST.devices, 'place')},
    'versions', ${most('version', MOST.versions, 'app_version nulls last')},
    'locales', ${most('locale', MOST.locales, 'place')},
    'forms', ${formsOf(keyIds)},
    'ipLike', json_build_object(
      'user_id', ${total('login', 'ip_like_users')},
      'device_type', ${total('login', 'logins', likeIpv4('device_type'))},
      'locale', ${total('locale', 'logins', likeIpv4('name'))})) as answer`;

function total(from: string, what: string, where = 'true'): string {
  return `(select coalesce(sum(${what}), 0) from ${from} where ${where})`;
}

function most(counts: string, limit: number, order: string): string {
  return `json_build_object(
      'top', (select coalesce(json_agg(json_build_object('name', name, 'logins', logins) order by ${order}), '[]')
              from ${counts} where place <= ${limit}),
      'others', (select json_build_object('names', count(*), 'logins', coalesce(sum(logins), 0))
                 from ${counts} where place > ${limit}))`;
}

interface FormColumn {
  column: PseudonymColumn;
  /** See FormCount. */
  form: string;
  name: string;
  condition: string;
}

/** Looks at prefix and length alone: a regular expression takes longer than all the rest. */
function formColumns(keyIds: readonly string[]): FormColumn[] {
  return COLUMNS.flatMap((column) =>
    ['', ...keyIds.flatMap((id) => [id, `${id}t`])].map((form, i) => ({
      column,
      form,
      name: `${column}_${i}`,
      condition:
        form === ''
          ? `${column} is not null`
          : `${column} like '${form}\\_%' and octet_length(${column}) = ${form.length + 33}`,
    })),
  );
}

function formsOf(keyIds: readonly string[]): string {
  const counts = formColumns(keyIds).map(
    ({ column, form, name }) =>
      `json_build_object('column', '${column}', 'form', '${form}', 'logins', ${total('login', name)})`,
  );
  return `json_build_array(${counts.join(', ')})`;
}

/** Text in ip that is not an address has pseudonyms too, which say nothing of who shares an address. */
const BESIDES: Readonly<Record<PseudonymColumn, string>> = {
  masked_ip: `and masked_ip not like 'k%t\\_%'`,
  masked_device_id: '',
};

/**
 * Three distinct counts, each of which sorts all rows in one process, side by side: on two processors that takes two
 * thirds of the time of one after the other with workers for each. PostgreSQL only does so where all parts of a `union all`
 * have the very same types, hence the casts, and where it does not divide the reading of the table. The offset keeps it
 * from sorting the texts and computing the hashes later; anything but a constant would keep the parts from running side by
 * side.
 */
export const SIDE_BY_SIDE = `
  set local min_parallel_table_scan_size = '1TB';
  set local parallel_setup_cost = 0;
  set local parallel_tuple_cost = 0.001`;

/** How many users there are; how many pseudonyms have how many users; and those with the most, by hash, with a row of each. */
export const SHARING = `
  with shared as materialized (
    ${sharedPseudonyms('masked_device_id')}
    union all
    ${sharedPseudonyms('masked_ip')}
    union all
    select 'user_id'::text, null::bigint, 0::bigint, count(distinct user_hash), null::numeric, null::date, null::date, null::tid
    from (select hashtextextended(user_id, $2) as user_hash from ${LOGINS} offset '0'::bigint) login
  )
  select json_build_object(
    'users', (select pseudonyms from shared where source = 'user_id'),
    ${COLUMNS.map((column) => `'${column}', ${countsAndTop(column)}`).join(', ')}) as answer`;

function sharedPseudonyms(column: PseudonymColumn): string {
  return `
    select '${column}'::text as source, case when users > 1 then pseudonym end as pseudonym, users, count(*) as pseudonyms,
           sum(logins) as logins, min(first) as first, max(last) as last, min(place) as place
    from (
      select pseudonym, count(*) as logins, count(distinct user_hash) as users, min(create_date) as first,
             max(create_date) as last, min(place) as place
      from (select hashtextextended(${column}, $2) as pseudonym, hashtextextended(user_id, $2) as user_hash, create_date,
                   ctid as place
            from ${LOGINS} and ${column} is not null ${BESIDES[column]} offset '0'::bigint) login
      group by 1) cluster
    group by 1, 2, 3`;
}

function countsAndTop(column: PseudonymColumn): string {
  return `json_build_object(
      'counts', (select coalesce(json_agg(t order by users), '[]') from (
        select users, sum(pseudonyms) as pseudonyms, sum(logins) as logins from shared where source = '${column}' group by 1) t),
      'top', (select coalesce(json_agg(t), '[]') from (
        select pseudonym::text, users, logins, first, last, place from shared
        where source = '${column}' and pseudonym is not null
        order by users desc, logins desc, pseudonym limit ${MOST_CLUSTERS}) t))`;
}

/** The text of pseudonyms by their hashes: $3 those of devices, $4 those of ips; $5 where a row of each is. */
export const NAMES = `
  with named as (
    select hashtextextended(masked_device_id, $2) as device, masked_device_id, hashtextextended(masked_ip, $2) as ip, masked_ip
    from ${LOGINS} and ctid = any ($5::tid[])
  )
  select json_build_object(
    'masked_device_id', (select coalesce(json_object_agg(device, name), '{}')
                         from (select device, min(masked_device_id) as name from named where device = any ($3::bigint[]) group by 1) t),
    'masked_ip', (select coalesce(json_object_agg(ip, name), '{}')
                  from (select ip, min(masked_ip) as name from named where ip = any ($4::bigint[]) group by 1) t)) as answer`;
