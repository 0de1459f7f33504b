-- Divides user_logins by create_date, a partition a month, with the rows in place and writers at work. To be run once, by
-- the owner, outside of a transaction, as psql does with a file; nothing runs it by itself.
--
-- Rows until the end of next month stay where they are, as the first partition. Five years of months follow, and a default
-- partition behind them: without one a row of a month that nobody made would be refused (23514) and end as a dead letter.
-- Indexes and triggers of your own stay with the first partition; make them again on user_logins. Materialized views are
-- empty until they are refreshed. When it gives up, for a
-- query that holds the table, run it again; to leave it at that, drop the constraint until_first_month, which would refuse rows
-- of later months.
do $$
declare
  first_month constant date := date_trunc('month', now() at time zone 'UTC') + interval '2 months';
  months constant integer := 60;
  month date;
  privilege record;
  dependent record;
  statement text;
begin
  if (select relkind from pg_class where oid = 'user_logins'::regclass) <> 'r' then
    raise exception 'user_logins is not a plain table: it has been divided already';
  end if;
  if exists (select from pg_attribute where attrelid = 'user_logins'::regclass and attnum > 0 and not attisdropped
             and (atthasdef or attidentity <> '')) then
    raise exception 'user_logins has columns of its own with defaults, which would be lost';
  end if;

  if exists (select from user_logins where create_date is null or create_date >= first_month) then
    raise exception 'user_logins has rows without a create_date or with one after %: they belong into no month', first_month;
  end if;

  -- What attaching the partition would otherwise read the whole table for, behind a lock that stops every writer. This takes
  -- as long and stops nobody. A lock that waits stops everybody behind it, so it waits for seconds and then gives up.
  perform set_config('lock_timeout', '5s', true);
  alter table user_logins drop constraint if exists until_first_month;
  execute format('alter table user_logins add constraint until_first_month check (create_date is not null and create_date < %L) not valid', first_month);
  commit;
  alter table user_logins validate constraint until_first_month;
  commit;

  perform set_config('lock_timeout', '5s', true);
  create temporary table dependent_views on commit drop as
    select distinct view.oid::regclass::text as name, pg_get_viewdef(view.oid) as definition,
      view.relkind = 'm' as is_materialized,
      array(select pg_get_indexdef(indexrelid) from pg_index where indrelid = view.oid) as indexes,
      array(select format('grant %s on %s to %s', privilege_type, view.oid::regclass, grantee::regrole)
            from aclexplode(view.relacl) where grantee <> view.relowner and grantee <> 0) as grants
    from pg_depend join pg_rewrite rule on rule.oid = objid join pg_class view on view.oid = ev_class
    where refobjid = 'user_logins'::regclass and view.relkind in ('v', 'm');

  alter table user_logins rename to user_logins_until_first_month;
  create table user_logins (like user_logins_until_first_month) partition by range (create_date);
  execute format('alter table user_logins attach partition user_logins_until_first_month for values from (minvalue) to (%L)', first_month);
  alter table user_logins_until_first_month drop constraint until_first_month;
  for i in 0 .. months - 1 loop
    month := first_month + make_interval(months => i);
    execute format('create table %I partition of user_logins for values from (%L) to (%L)',
                   to_char(month, '"user_logins_"YYYY_MM'), month, (month + interval '1 month')::date);
  end loop;
  create table user_logins_of_no_month partition of user_logins default;

  -- A view follows the table that was renamed, and so do the privileges.
  for dependent in select * from dependent_views loop
    if not dependent.is_materialized then
      execute format('create or replace view %s as %s', dependent.name, dependent.definition);
      continue;
    end if;
    execute format('drop materialized view %s', dependent.name);
    execute format('create materialized view %s as %s', dependent.name,
                   rtrim(dependent.definition, ';') || ' with no data');
    foreach statement in array dependent.indexes || dependent.grants loop
      execute statement;
    end loop;
  end loop;
  for privilege in
    select grantee::regrole as role, privilege_type as name, is_grantable
    from pg_class, aclexplode(relacl)
    where pg_class.oid = 'user_logins_until_first_month'::regclass and grantee <> relowner and grantee <> 0
  loop
    execute format('grant %s on user_logins to %s %s', privilege.name, privilege.role,
                   case when privilege.is_grantable then 'with grant option' end);
  end loop;
  for privilege in
    select attname as column_name, grantee::regrole as role, privilege_type as name
    from pg_attribute, aclexplode(attacl)
    where attrelid = 'user_logins_until_first_month'::regclass and grantee <> 0
  loop
    execute format('grant %s (%I) on user_logins to %s', privilege.name, privilege.column_name, privilege.role);
  end loop;
end
$$;
