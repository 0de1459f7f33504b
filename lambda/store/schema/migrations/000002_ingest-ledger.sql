-- Which messages have become rows. The send time leads the key: in the order of a random key alone the same insert
-- takes twice as long and writes nine times the log after a checkpoint.
create table ingest_ledger (
  sent_at    timestamptz not null,
  message_id uuid        not null,
  primary key (sent_at, message_id)
);

-- Deletes what no redelivery can bring back, from the old end of the key, a commit after every chunk, so that writers
-- never wait for it. Two at once share the work. `call prune_ingest_ledger()` gives the number of deleted entries.
create procedure prune_ingest_ledger(
  retention interval default '35 days',
  chunk integer default 5000,
  inout deleted bigint default 0
)
language plpgsql as $$
declare
  chunk_deleted bigint;
begin
  -- 7 days in the queue and 14 in the dead-letter queue: a message that outlives its entry is stored a second time.
  if retention < interval '21 days' then
    raise exception 'a retention of % is shorter than the 21 days that a message can wait in the queues', retention;
  end if;
  if chunk < 1 then
    raise exception 'a chunk of % entries deletes nothing', chunk;
  end if;
  deleted := 0;
  loop
    delete from ingest_ledger
    where ctid = any (array(
      select ctid from ingest_ledger
      where sent_at < now() - retention
      order by sent_at, message_id
      limit chunk
      for update skip locked));
    get diagnostics chunk_deleted = row_count;
    deleted := deleted + chunk_deleted;
    commit;
    exit when chunk_deleted < chunk;
  end loop;
end
$$;
revoke execute on procedure prune_ingest_ledger from public;
