import { finished } from 'node:stream/promises';
import type { SQSRecord } from 'aws-lambda';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker, type Masker } from '../../lambda/masking/masker.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import type { Contestant } from './contestant.ts';

const COPY = `
  copy user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date) from stdin`;
const DAY_MS = 86_400_000;

/** (b) The least that parsing, masking and storing can cost: rows go out unsorted, and stored twice if sent twice. */
export async function createFloor(databaseUrl: string, masterKey: Uint8Array): Promise<Contestant> {
  const masker = createMasker('k1', deriveMaskKeys(masterKey));
  const client = new pg.Client(databaseUrl);
  await client.connect();
  return {
    id: 'floor',
    database: 'floor',
    prepare: async (records) => async () => {
      const text = copyText(records, masker);
      const copy = client.query(copyFrom(COPY));
      // In one write: it spares a round of the event loop per chunk, 0.1 ms of 0.55 for ten rows.
      copy.end(Buffer.from(text));
      await finished(copy);
      if (copy.rowCount !== records.length) throw new Error(`COPY stored ${copy.rowCount} of ${records.length} rows.`);
    },
  };
}

function copyText(records: readonly SQSRecord[], masker: Masker): string {
  const now = Date.now();
  const dates = new Map<number, string>();
  let text = '';
  for (const record of records) {
    const message = parseMessage(record, now);
    if (!message.ok) throw new Error(`A message of the benchmark was rejected: ${message.reason}.`);
    const { event, identity } = message;
    const [maskedIp, maskedDeviceId] = masker.mask([event.ip, event.device_id]);
    text +=
      `${field(event.user_id)}\t${field(event.device_type)}\t${maskedIp ?? '\\N'}\t${maskedDeviceId ?? '\\N'}\t` +
      `${field(event.locale)}\t${event.app_version}\t${utcDate(identity.sentAt, dates)}\n`;
  }
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function field(value: string | null): string {
  return value === null ? '\\N' : value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string);
}

/** A batch has one or two dates; writing out each row's anew would cost the floor 2 ms of 10,000 rows. */
function utcDate(time: number, known: Map<number, string>): string {
  const day = Math.floor(time / DAY_MS);
  const date = known.get(day) ?? new Date(time).toISOString().slice(0, 10);
  known.set(day, date);
  return date;
}
