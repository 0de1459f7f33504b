-- The users' own table: made where it is missing, adopted where it is there, and nothing is ever added to it. Further columns
-- have to fill themselves; texts may be longer, or have no limit.
do $$
declare
  encoding constant text := current_setting('server_encoding');
  difference text;
begin
  if encoding <> 'UTF8' then
    raise exception 'the database is encoded in %, and must be in UTF8: create it with "encoding ''UTF8''"', encoding;
  end if;

  create table if not exists user_logins (
    user_id          varchar(128),
    device_type      varchar(32),
    masked_ip        varchar(256),
    masked_device_id varchar(256),
    locale           varchar(32),
    app_version      integer,
    create_date      date
  );

  select string_agg(case when wanted.type is null then format('%s is not null and has no default', name)
                         else format('%s is %s, not %s', name, coalesce(actual.type, 'missing'), wanted.type) end,
                    '; ' order by name)
  into difference
  from (values ('user_id', 'character varying(128)'), ('device_type', 'character varying(32)'),
               ('masked_ip', 'character varying(256)'), ('masked_device_id', 'character varying(256)'),
               ('locale', 'character varying(32)'), ('app_version', 'integer'), ('create_date', 'date')) as wanted (name, type)
  full join (select attname::text, format_type(atttypid, atttypmod), attnotnull and not atthasdef and attidentity = '',
                    atttypid in ('text'::regtype, 'varchar'::regtype), substring(format_type(atttypid, atttypmod) from '\d+')::integer
             from pg_attribute
             where attrelid = 'user_logins'::regclass and attnum > 0 and not attisdropped)
    as actual (name, type, has_to_be_filled, is_text, length)
  using (name)
  where case when wanted.type is null then actual.has_to_be_filled
             when wanted.type like 'character varying%' and actual.is_text
             then actual.length < substring(wanted.type from '\d+')::integer
             else actual.type is distinct from wanted.type end;

  if difference is not null then
    raise exception 'the table user_logins is there already with other columns: %', difference;
  end if;
end
$$;
