-- Who calls prune_ingest_ledger. As the procedure commits, it cannot run with the rights of its owner.
do $$
begin
  if not exists (select from pg_roles where rolname = 'login_maintainer') then
    create role login_maintainer login;
  end if;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise exception 'the role login_maintainer is missing and % may not create it: let an administrator run "create role login_maintainer login"',
      current_user;
end
$$;

do $$
begin
  execute format('grant usage on schema %I to login_maintainer', current_schema());
end
$$;

grant execute on procedure prune_ingest_ledger to login_maintainer;
-- "for update" asks for the right to update some column. It adds nothing to the right to delete: an entry that is
-- another one is an entry that is gone.
grant select, delete, update (message_id) on ingest_ledger to login_maintainer;
