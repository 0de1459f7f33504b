import assert from 'node:assert/strict';
import pg from 'pg';
import { distinct } from '../../lambda/batch/distinct.ts';
import { maskWhenRead } from '../../lambda/batch/pending-rows.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { limitStatements } from '../../lambda/store/connection/session.ts';
import { copyIn } from '../../lambda/store/write/copy-in.ts';
import { COPY_ALL, payloads } from '../../lambda/store/write/insert-rows.ts';
import { maskGuard, readMaskingState } from '../../lambda/store/write/mask-guard.ts';
import type { Contestant } from './contestant.ts';

const LIMIT = limitStatements(20_000);

/** (d) What the handler sends, made before the clock starts: the time is Postgres's own. */
export async function createReadyCopy(databaseUrl: string, masterKey: Uint8Array): Promise<Contestant> {
  const masker = createMasker('k1', deriveMaskKeys(masterKey));
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const first = [...maskGuard(await readMaskingState(client, masker.kids)), LIMIT];
  return {
    id: 'postgres',
    database: 'postgres',
    async prepare(records) {
      const now = Date.now();
      const { messages } = distinct(records.map((record) => parseMessage(record, now)));
      assert.equal(messages.length, records.length);
      const rows = maskWhenRead(messages, masker).part(0, messages.length);
      // In one piece each: no turn of the event loop is waited for.
      const ready = payloads(rows).map((payload) => Buffer.concat(payload.map((makeChunk) => makeChunk())));
      return () =>
        copyIn(
          client,
          [...first, ...COPY_ALL],
          ready.map((bytes) => [() => bytes]),
        );
    },
  };
}
