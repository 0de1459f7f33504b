-- Takes over a table that another program has masked. Like the rekeyer it reads and replaces pseudonyms without seeing whose
-- they are; like a writer it enrols keys, since it may be the first to use them.
do $$
begin
  if not exists (select from pg_roles where rolname = 'login_adopter') then
    create role login_adopter login;
  end if;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise exception 'the role login_adopter is missing and % may not create it: let an administrator run "create role login_adopter login"',
      current_user;
end
$$;

do $$
begin
  execute format('grant usage on schema %I to login_adopter', current_schema());
end
$$;

grant select (ctid, masked_ip, masked_device_id, app_version), update (masked_ip, masked_device_id) on user_logins to login_adopter;
grant select, insert on mask_keys to login_adopter;
grant select, insert (kid) on mask_state to login_adopter;
grant execute on function mask_guard to login_adopter;
