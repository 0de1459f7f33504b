-- Roles belong to the whole server: the migration of another database may have made them, or be making them now.
-- They can log in but have no password; whoever runs the server gives them one, or another way in.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['login_writer', 'login_analyst'] loop
    begin
      if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I login', role_name);
      end if;
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        raise exception 'the role % is missing and % may not create it: let an administrator run "create role % login"',
          role_name, current_user, role_name;
    end;
  end loop;

  execute format('grant usage on schema %I to login_writer, login_analyst', current_schema());
end
$$;

-- What one insert statement needs, and not a row of the logins to read.
grant insert on user_logins, ingest_ledger to login_writer;
grant select (message_id) on ingest_ledger to login_writer;
grant select, insert on mask_keys to login_writer;

-- An adopted table may have a serial column, whose default asks for this.
do $$
declare
  used record;
begin
  for used in
    select distinct objid::regclass as name
    from pg_depend join pg_class on pg_class.oid = objid and relkind = 'S'
    where refobjid = 'user_logins'::regclass and deptype = 'a'
  loop
    execute format('grant usage on sequence %s to login_writer', used.name);
  end loop;
end
$$;

grant select on user_logins, duplicate_ips, duplicate_devices to login_analyst;
