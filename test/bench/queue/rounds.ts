import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import pg from 'pg';
import { inBatchesOfTen } from '../../../lambda/queue/in-batches-of-ten.ts';
import { migrate } from '../../../lambda/store/schema/migrate.ts';
import { type QueueServer, startQueueServer } from '../../../localstack/embedded/sqs/queue-server.ts';
import { createBusyQueue } from '../../../tools/sqs/busy-queue.ts';
import { freshRecords } from '../events.ts';
import { shuffled } from '../statistics.ts';

export type ContestantId = 'sdk' | 'ours';

export interface Assignment {
  contestant: ContestantId;
  endpoint: string;
  queueUrl: string;
  queueArn: string;
  databaseUrl: string;
  maskKey: string;
  /** Otherwise messages are received and deleted, and the function is left out. */
  stores: boolean;
}

/** From the first call until the last message is deleted; CPU of the process that does it, all threads. */
export interface Sample {
  seconds: number;
  cpuSeconds: number;
}

export type Round = Record<ContestantId, Sample>;

export interface RoundsPlan {
  messages: number;
  warmUps: number;
  rounds: number;
}

/** Runs the contestants by turns: one emulator, one PostgreSQL, and a queue, a database and a process for each. */
export async function measureRounds(serverUrl: string, plan: RoundsPlan, stores: boolean): Promise<Round[]> {
  const server = await startQueueServer();
  const contestants = await Promise.all([
    startContestant('sdk', server, serverUrl, stores),
    startContestant('ours', server, serverUrl, stores),
  ]);
  try {
    const rounds: Round[] = [];
    for (let i = -plan.warmUps; i < plan.rounds; i++) {
      const round: Partial<Round> = {};
      for (const { id, drain } of shuffled(contestants)) round[id] = await drain(plan.messages);
      if (i >= 0) rounds.push(round as Round);
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    for (const { verify } of contestants) {
      await verify(stores ? plan.messages * (plan.warmUps + plan.rounds) : 0);
    }
    return rounds;
  } finally {
    for (const { child } of contestants) child.kill();
    await server.stop();
  }
}

interface Contestant {
  id: ContestantId;
  child: ChildProcess;
  drain(messages: number): Promise<Sample>;
  /** @throws where its table has another number of rows */
  verify(messages: number): Promise<void>;
}

async function startContestant(
  id: ContestantId,
  server: QueueServer,
  serverUrl: string,
  stores: boolean,
): Promise<Contestant> {
  const databaseUrl = await createDatabase(serverUrl, `bench_queue_${id}_${stores ? 'whole' : 'calls'}`);
  const QueueName = `bench-${id}`;
  await server.sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '300' } }));
  const queueUrl = `${server.endpoint}/000000000000/${QueueName}`;
  const queue = createBusyQueue(server.sqs, queueUrl);
  const child = fork(join(import.meta.dirname, 'drainer-process.ts'), {
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.stdout?.resume();
  const died = once(child, 'exit').then(() => [null]);
  const answer = async (message: object) => {
    child.send(message);
    const [reply] = await Promise.race([once(child, 'message'), died]);
    if (reply === null) throw new Error(`The process of "${id}" died.`);
    return reply;
  };
  const queueArn = `arn:aws:sqs:us-east-1:000000000000:${QueueName}`;
  const maskKey = `hex:${randomBytes(32).toString('hex')}`;
  await answer({
    contestant: id,
    endpoint: server.endpoint,
    queueUrl,
    queueArn,
    databaseUrl,
    maskKey,
    stores,
  } satisfies Assignment);
  return {
    id,
    child,
    async drain(messages) {
      await inBatchesOfTen(freshRecords(messages), 8, async (ten) => {
        await queue.sendBatch(ten.map(({ body }) => body));
        return [];
      });
      return (await answer({ messages })) as Sample;
    },
    async verify(messages) {
      const rows = await query(databaseUrl, 'select count(*)::integer as count from user_logins');
      if (rows[0]?.count !== messages) throw new Error(`"${id}" stored ${rows[0]?.count} of ${messages} messages.`);
    },
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await query(serverUrl, `create database ${name}`);
  const url = Object.assign(new URL(serverUrl), { pathname: name }).href;
  await migrate(url);
  return url;
}

async function query(url: string, sql: string): Promise<{ count?: number }[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
