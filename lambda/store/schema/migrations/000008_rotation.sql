-- Which layer key pseudonyms are written under. While a rotation is open, a value whose 32 digits under `kid` are below
-- `frontier` is written under `next_kid`. `generation` goes up when values are erased. One row, made by the first writer.
create table mask_state (
  one        boolean primary key default true check (one),
  kid        text    not null check (kid ~ '^k[1-9][0-9]{0,3}$'),
  next_kid   text    check (next_kid ~ '^k[1-9][0-9]{0,3}$' and next_kid <> kid),
  frontier   text    not null default '' check (frontier ~ '^[0-9a-f]{0,32}$' and (frontier = '' or next_kid is not null)),
  generation bigint  not null default 1
);

-- A write calls this first, in its own transaction. The lock is held to the end of that, so that nobody moves the frontier
-- beneath rows that are not yet visible; the state is read after it, which needs read committed.
create function mask_guard(want_kid text, want_next text, want_frontier text, want_generation bigint) returns void
language plpgsql as $$
begin
  lock table mask_state in access share mode;
  if not exists (
    select from mask_state
    where kid = want_kid and next_kid is not distinct from want_next
      and frontier = want_frontier and generation = want_generation)
  then
    raise exception using errcode = 'LE001', message = 'the masking state has changed';
  end if;
end
$$;
revoke execute on function mask_guard from public;

do $$
begin
  if not exists (select from pg_roles where rolname = 'login_rekeyer') then
    create role login_rekeyer login;
  end if;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise exception 'the role login_rekeyer is missing and % may not create it: let an administrator run "create role login_rekeyer login"',
      current_user;
end
$$;

do $$
begin
  execute format('grant usage on schema %I to login_rekeyer', current_schema());
end
$$;

grant execute on function mask_guard to login_writer;
grant select, insert (kid) on mask_state to login_writer;

-- Pseudonyms alone: who logged in is not theirs to read.
grant select (ctid, tableoid, masked_ip, masked_device_id), update (masked_ip, masked_device_id) on user_logins to login_rekeyer;
grant select, update on mask_state to login_rekeyer;
grant select on mask_keys to login_rekeyer;

-- For the audit: which key is in use.
grant select on mask_state to login_analyst;
