-- The users' own table: made where it is missing, adopted where it is there, and nothing is ever added to it.
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

  select string_agg(format('%s is %s, not %s', name, coalesce(actual.type, 'missing'), coalesce(wanted.type, 'expected')),
                    '; ' order by name)
  into difference
  from (values ('user_id', 'character varying(128)'), ('device_type', 'character varying(32)'),
               ('masked_ip', 'character varying(256)'), ('masked_device_id', 'character varying(256)'),
               ('locale', 'character varying(32)'), ('app_version', 'integer'), ('create_date', 'date')) as wanted (name, type)
  full join (select attname::text, format_type(atttypid, atttypmod)
             from pg_attribute
             where attrelid = 'user_logins'::regclass and attnum > 0 and not attisdropped) as actual (name, type)
  using (name)
  where actual.type is distinct from wanted.type;

  if difference is not null then
    raise exception 'the table user_logins is there already with other columns: %', difference;
  end if;
end
$$;
