import type { TestDatabase } from './database.ts';

/** From now on the table refuses each such statement with an error that quotes the row wherever an error has room for it. */
export async function refuseAndTell(
  { query }: TestDatabase,
  operation: 'insert' | 'update' | 'delete',
  table: string,
  sqlstate: string,
): Promise<void> {
  const row = operation === 'delete' ? 'old' : 'new';
  await query(`
    create or replace function tell_all_of_${row}() returns trigger language plpgsql as $$
    begin
      raise exception 'no row like %', to_jsonb(${row}) using errcode = '${sqlstate}', detail = to_jsonb(${row})::text,
        hint = to_jsonb(${row})::text, column = to_jsonb(${row})::text, constraint = to_jsonb(${row})::text;
    end $$;
    create trigger tell_all_on_${operation} before ${operation} on ${table} for each row execute function tell_all_of_${row}()`);
}
