import { once } from 'node:events';
import type { SQSRecord } from 'aws-lambda';
import { createHandler } from '../../../lambda/create-handler.ts';
import { ENV } from '../../../lambda/settings/environment.ts';
import { sqsEvent } from '../../support/records.ts';
import { freshRecords } from '../events.ts';

export interface Assignment {
  url: string;
  events: number;
  batches: number;
}

export interface Done {
  wallMs: number;
  /** Of this process, user and system. */
  cpuMs: number;
}

/** The same for every writer, since a ledger takes one mask key. */
const MASK_KEY = 'hex:9f1d4c7ab2e60835d417fa92c3650be8417c9d20f5ab683e1290cd74e6b35f08';

process.once('message', async ({ url, events, batches }: Assignment) => {
  const handler = createHandler({ [ENV.databaseUrl]: url, [ENV.maskKey]: MASK_KEY });
  const write = async (records: SQSRecord[]) => {
    const { batchItemFailures } = await handler(sqsEvent(records));
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} events were not stored.`);
  };
  const warmUps = Math.max(2, Math.round(batches / 10));
  for (let i = 0; i < warmUps; i++) await write(freshRecords(events));
  const ready = Array.from({ length: batches }, () => freshRecords(events));
  process.send?.('ready');
  await once(process, 'message');
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  for (const records of ready) await write(records);
  const { user, system } = process.cpuUsage(cpu);
  const done: Done = { wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000 };
  process.send?.(done);
  process.once('disconnect', () => process.exit());
});
