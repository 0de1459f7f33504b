-- For those who look: comments that psql and other tools show beside the columns, the version as a number and as text,
-- and three materialized views that stay empty until somebody has them refreshed.

-- 2003000, from "2.3.0", "2.3" or "2"; null for what is not one to three numbers that fit.
create function app_version_number(version text) returns integer
language sql immutable strict parallel safe
return case when version ~ '^[0-9]{1,4}(\.[0-9]{1,3}){0,2}$' and split_part(version, '.', 1)::integer <= 2146
  then split_part(version, '.', 1)::integer * 1000000
     + coalesce(nullif(split_part(version, '.', 2), ''), '0')::integer * 1000
     + coalesce(nullif(split_part(version, '.', 3), ''), '0')::integer end;

create view user_logins_text as
select user_id, device_type, masked_ip, masked_device_id, locale, app_version_text(app_version) as app_version, create_date
from user_logins;

-- A table that was there before keeps its own comments, and its owner.
do $$
declare
  named record;
begin
  for named in
    select name, meaning
    from (values
      ('user_id', 'Who logged in, as the producer names them'),
      ('device_type', 'android, ios or whatever the producer says; null where it says nothing'),
      ('masked_ip', 'Pseudonym of the address: k1_ and 32 digits, the same for the same address; k1t_ for text that is not an address'),
      ('masked_device_id', 'Pseudonym of the device id: k1_ and 32 digits, the same for the same device'),
      ('locale', 'Language or country as the producer writes it; null where it says nothing'),
      ('app_version', '2003000 is 2.3.0, so that versions sort: app_version_text(app_version), app_version_number(''2.3.0'')'),
      ('create_date', 'The day in UTC on which the message was sent')) as meanings (name, meaning)
    where col_description('user_logins'::regclass,
                          (select attnum from pg_attribute where attrelid = 'user_logins'::regclass and attname = name)) is null
  loop
    execute format('comment on column user_logins.%I is %L', named.name, named.meaning);
  end loop;
exception
  when insufficient_privilege then null;
end
$$;

create materialized view shared_ips as
select masked_ip, count(*) as logins, count(distinct user_id) as users,
       min(create_date) as first_date, max(create_date) as last_date
from user_logins
where masked_ip is not null and masked_ip not like 'k%t\_%'
group by masked_ip
having count(distinct user_id) > 1
with no data;
create unique index shared_ips_key on shared_ips (masked_ip);

create materialized view shared_devices as
select masked_device_id, count(*) as logins, count(distinct user_id) as users,
       min(create_date) as first_date, max(create_date) as last_date
from user_logins
where masked_device_id is not null
group by masked_device_id
having count(distinct user_id) > 1
with no data;
create unique index shared_devices_key on shared_devices (masked_device_id);

create materialized view logins_by_day as
select create_date, device_type, app_version, locale, count(*) as logins
from user_logins
group by create_date, device_type, app_version, locale
with no data;
create unique index logins_by_day_key on logins_by_day (create_date, device_type, app_version, locale);

-- Only an owner may refresh. Readers do not wait, but the first time, when there is nothing to read yet.
create function refresh_login_views() returns void
language plpgsql security definer as $$
declare
  view_name text;
begin
  foreach view_name in array array['shared_ips', 'shared_devices', 'logins_by_day'] loop
    execute format('refresh materialized view %s %I',
                   case when (select relispopulated from pg_class where oid = view_name::regclass) then 'concurrently' end,
                   view_name);
  end loop;
end
$$;
revoke execute on function refresh_login_views from public;
do $$
begin
  execute format('alter function refresh_login_views set search_path = %I, pg_temp', current_schema());
end
$$;
grant execute on function refresh_login_views to login_maintainer;

grant select on user_logins_text, shared_ips, shared_devices, logins_by_day to login_analyst;
-- Which keys there are, and not their check values.
grant select (name, created_at) on mask_keys to login_analyst;
