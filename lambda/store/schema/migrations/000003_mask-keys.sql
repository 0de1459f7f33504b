-- Which keys wrote the pseudonyms: `root` gave their bits, a key id is the layer over them that they begin with, and
-- `sha256` is for a table of plain hashes that was adopted. A check value tells two keys apart and reveals neither.
create table mask_keys (
  name        text        primary key check (name ~ '^(root|sha256|k[1-9][0-9]{0,3})$'),
  check_value text        not null check (check_value ~ '^[0-9a-f]{8}$'),
  created_at  timestamptz not null default now()
);
