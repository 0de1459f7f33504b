-- Which key wrote the pseudonyms that begin with its id. The check value tells two keys apart and reveals neither.
create table mask_keys (
  kid         text        primary key check (kid ~ '^k[1-9][0-9]{0,5}$'),
  check_value text        not null check (check_value ~ '^[0-9a-f]{8}$'),
  created_at  timestamptz not null default now()
);
