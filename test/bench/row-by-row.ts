import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Contestant } from './contestant.ts';

const INSERT = `
  insert into user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
  values ($1, $2, $3, $4, $5, $6, $7)`;

/** (a) As scripts for this task usually look: no check, a plain hash that can be looked up, a commit for every row. */
export async function createRowByRow(databaseUrl: string): Promise<Contestant> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  return {
    id: 'row-by-row',
    database: 'row-by-row',
    prepare: async (records) => async () => {
      for (const { body } of records) {
        const event = JSON.parse(body);
        await client.query(INSERT, [
          event.user_id,
          event.device_type,
          sha256(event.ip),
          sha256(event.device_id),
          event.locale,
          Number(event.app_version.replaceAll('.', '')),
          new Date(),
        ]);
      }
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
