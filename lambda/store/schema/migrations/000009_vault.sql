-- The recovery vault, empty until a writer has its public key: each value of a month once, sealed. A batch is what one
-- write has sealed under one data key, which only the vault's private key unwraps.
create table vault_batches (
  month    date   not null,
  batch_id bigint not null,
  key_name text   not null check (key_name ~ '^[0-9a-f]{8}$'),
  wrapped  bytea  not null,
  primary key (month, batch_id)
);
create sequence vault_batch_id;

-- The pseudonym is the 16 bytes that its 32 digits stand for, so that a rotation moves it as it moves those in the table.
create table vault (
  month     date     not null check (extract(day from month) = 1),
  field     smallint not null check (field > 0),
  kid       smallint not null,
  pseudonym uuid     not null,
  batch_id  bigint   not null,
  seq       integer  not null,
  sealed    bytea    not null,
  primary key (month, pseudonym)
);
comment on table vault is 'Sealed values by month and pseudonym. field: 1 ip, 2 device_id, 3 text in ip';

-- Months that were erased, so that no message that comes late puts a value back.
create table vault_closed_months (month date primary key check (extract(day from month) = 1));

-- Who recovered what, and why; written and committed before anything is opened.
create table recover_audit (
  id         bigint      generated always as identity primary key,
  at         timestamptz not null default now(),
  db_user    text        not null default session_user,
  caller     text,
  reason     text        not null check (length(reason) between 3 and 500),
  pseudonyms text[]      not null
);

do $$
declare
  role_name text;
begin
  foreach role_name in array array['login_recoverer', 'login_eraser'] loop
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

  execute format('grant usage on schema %I to login_recoverer, login_eraser', current_schema());
end
$$;

-- Begins an erasure: while its transaction lasts nobody writes, and writers that remember values as sealed forget them, as
-- the generation is another one. To lock a table takes the right to change any of it, which an eraser need not have: so
-- this runs as its owner. Not while layers are rotated, since a value then has one of two pseudonyms.
create function begin_erasure() returns bigint
language plpgsql security definer as $$
declare
  erasure bigint;
begin
  lock table mask_state in access exclusive mode;
  if exists (select from mask_state where next_kid is not null) then
    raise exception using errcode = 'LE002', message = 'a rotation is open';
  end if;
  update mask_state set generation = generation + 1 returning generation into erasure;
  return erasure;
end
$$;
revoke execute on function begin_erasure from public;

do $$
begin
  execute format('alter function begin_erasure() set search_path = %I, pg_temp', current_schema());
end
$$;

grant insert on vault, vault_batches to login_writer;
grant usage on sequence vault_batch_id to login_writer;
grant select on vault_closed_months to login_writer;

grant select (ctid, tableoid, month, kid, pseudonym), update (kid, pseudonym) on vault to login_rekeyer;

grant select on vault, vault_batches to login_recoverer;
grant insert (caller, reason, pseudonyms), select (id) on recover_audit to login_recoverer;

grant select, delete on user_logins to login_eraser;
grant select (month, field, kid, pseudonym, batch_id, seq), delete on vault to login_eraser;
grant select (month, batch_id, key_name), delete on vault_batches to login_eraser;
grant select, insert on vault_closed_months to login_eraser;
grant select (kid, next_kid, generation) on mask_state to login_eraser;
grant execute on function begin_erasure to login_eraser;
