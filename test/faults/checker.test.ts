import { PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, inject, onTestFinished, test } from 'vitest';
import { checkHistory, type ViolationKind } from './support/check-history.ts';
import { type System, startSystem } from './support/system.ts';
import { createWorkload } from './support/workload.ts';

const COPY_ROW = 'insert into user_logins select * from user_logins limit 1';
const COPY_LEDGER = 'insert into ingest_ledger values (now(), gen_random_uuid())';
const DELETE_ROW = 'delete from user_logins where ctid = (select ctid from user_logins limit 1)';
const STRANGER = "insert into user_logins (user_id) values ('nobody')";
const OTHER_VERSION = 'update user_logins set app_version = app_version + 1';
const OTHER_PSEUDONYM = "update user_logins set masked_ip = 'k1_' || repeat('0', 32)";
const RAW_ROW = "update user_logins set locale = '2001:db8:c0de:1::1'";
const SHORT_BATCH = { message: 'batch stored', received: 2, stored: 1, duplicate: 0, rejected: 0, retried: 0 };

const numberOf = ({ workload }: System, isValid: boolean) =>
  Array.from({ length: workload.messages }, (_, i) => i).find((i) => workload.isValid(i) === isValid) ?? -1;
const send = (system: System, QueueUrl: string, isValid: boolean) =>
  system.sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: system.workload.bodyOf(numberOf(system, isValid)),
      DelaySeconds: 0,
    }),
  );

/** Each breaks one promise behind the back of a run in which nothing went wrong. */
const BREACHES: readonly [ViolationKind, string, (system: System) => unknown][] = [
  ['lost', 'a row that is gone', ({ postgres }) => postgres.query(DELETE_ROW)],
  [
    'lost',
    'a dead letter that is gone',
    ({ sqs, deadLetterQueueUrl: QueueUrl }) => sqs.send(new PurgeQueueCommand({ QueueUrl })),
  ],
  ['doubled', 'a row that is there twice', ({ postgres }) => postgres.query(COPY_ROW)],
  ['doubled', 'a dead letter that is there twice', (system) => send(system, system.deadLetterQueueUrl, false)],
  ['misplaced', 'a valid message among the dead letters', (system) => send(system, system.deadLetterQueueUrl, true)],
  [
    'misplaced',
    'a row of an invalid message',
    (system) => system.postgres.query(`insert into user_logins (user_id) values ('u-${numberOf(system, false)};')`),
  ],
  ['misplaced', 'a row of nobody', ({ postgres }) => postgres.query(STRANGER)],
  ['misplaced', 'a row that says something else than its message', ({ postgres }) => postgres.query(OTHER_VERSION)],
  ['misplaced', 'a row with the pseudonym of another ip', ({ postgres }) => postgres.query(OTHER_PSEUDONYM)],
  ['leaked', 'a raw device id in the log', ({ output }) => output.print('canary-1-2 was here')],
  ['leaked', 'a raw ip in a row', ({ postgres }) => postgres.query(RAW_ROW)],
  ['unbalanced', 'a batch that leaves out a message', ({ output }) => output.print(JSON.stringify(SHORT_BATCH))],
  ['unbalanced', 'rows without ledger entries', ({ postgres }) => postgres.query('delete from ingest_ledger')],
  ['unbalanced', 'a row that was not told', ({ postgres }) => postgres.query(`${COPY_ROW}; ${COPY_LEDGER}`)],
];

async function startQuietSystem(): Promise<System> {
  const workload = createWorkload({ seed: 1, messages: 30, poison: 0.3 });
  const system = await startSystem({
    template: inject('faultsTemplate'),
    workload,
    workers: 1,
    functionTimeoutMs: 60_000,
    commitsMayGoUnseen: false,
  });
  onTestFinished(system.stop);
  await system.send();
  expect(await system.drained(60_000)).toBe(true);
  return system;
}

test('the checker finds nothing if nothing is wrong', async () => {
  expect(checkHistory(await (await startQuietSystem()).history())).toEqual([]);
});

test.each(BREACHES)('the checker calls it %s: %s', async (kind, _, breach) => {
  const system = await startQuietSystem();
  await breach(system);
  expect(checkHistory(await system.history()).map((violation) => violation.kind)).toContain(kind);
});

test('the checker calls it pending: a message that is still in the queue', async () => {
  const system = await startQuietSystem();
  for (const lambda of system.functions) await lambda.stop();
  const history = await system.history();
  expect(checkHistory({ ...history, pending: { visible: 0, inFlight: 1 } }).map(({ kind }) => kind)).toEqual([
    'pending',
  ]);
  // One that each function dies of, and that so is never deleted.
  system.functions[0]?.dieBeforeNextAnswer();
  await send(system, system.queueUrl, true);
  expect(await system.drained(1_000)).toBe(false);
  expect(checkHistory(await system.history()).map(({ kind }) => kind)).toContain('pending');
});
