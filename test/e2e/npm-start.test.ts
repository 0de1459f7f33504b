import { once } from 'node:events';
import { globSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../localstack/embedded/ports.ts';
import { SAMPLE_EVENTS } from '../../localstack/events/samples/samples.ts';
import { dataFolder, killGroup, npmStart, parseResult, runStart } from '../support/npm-start.ts';
import { runLoginEtl } from '../support/program.ts';
import { VALID_BODY } from '../support/records.ts';

type Paths = [string, string, string];

async function queryWhileUp(folder: string, sql: string): Promise<unknown[]> {
  const started = npmStart(['--data', folder, '--watch', '/dev/null']);
  const [, url] = await started.until(/psql '([^']+)'/);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  started.child.kill('SIGINT');
  expect(await started.exit()).toBe(0);
  return rows;
}

describe('npm start', () => {
  test('stores the shipped events but one, and says so in one JSON object', async () => {
    const { code, stdout, stderr } = await runStart(['--data', dataFolder(), '--json']);
    expect(parseResult(stdout)).toEqual({
      received: 100,
      stored: 99,
      duplicates: 0,
      rejected: { 'missing user_id': 1 },
      changed: {},
      rejectedEvents: [{ path: SAMPLE_EVENTS, line: 98, reason: 'missing user_id' }],
      deadLettered: 1,
      pending: 0,
      seconds: expect.any(Number),
      eventsPerSecond: expect.any(Number),
    });
    expect(stderr.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stderr).toContain('Duplicate ips in the whole table: 3');
    expect(stderr).toContain('Duplicate devices in the whole table: 2');
    expect(stderr).toContain('Audit of the table: nothing but pseudonyms; no extra grant or log setting.');
    expect(code).toBe(0);
  });

  test('adds to the rows of the run before, and starts empty with --fresh', async () => {
    const folder = dataFolder();
    await runStart(['--data', folder]);
    await runStart(['--data', folder]);
    const counts = 'select count(*)::integer as rows, count(distinct masked_ip)::integer as ips from user_logins';
    expect(await queryWhileUp(folder, counts)).toEqual([{ rows: 198, ips: 92 }]);
    await runStart(['--data', folder, '--fresh', '/dev/null']);
    expect(await queryWhileUp(folder, counts)).toEqual([{ rows: 0, ips: 0 }]);
  });

  test('shows the rows of this run, and says what the table held before', async () => {
    const folder = dataFolder();
    const file = join(folder, 'mine.json');
    writeFileSync(file, JSON.stringify({ ...VALID_BODY, user_id: 'mine' }));
    const first = await runStart(['--data', folder]);
    expect(first.stdout).toContain('The table was empty before.\n');
    const second = await runStart(['--data', folder, file]);
    expect(second.stdout).toMatch(
      /^This run's first rows .*:\n {2}user_id .*\n {2}mine .*\nThe table held 99 rows before\.$/m,
    );
    const third = await runStart(['--data', folder, '/dev/null']);
    expect(third.stdout).toContain('This run stored no rows. The table held 100 rows before.\n');
  });

  test('ends with a report of the table, and of what became of the messages', async () => {
    const folder = dataFolder();
    const { code, stdout } = await runStart(['--data', folder]);
    expect(code).toBe(0);
    const [link = ''] = /file:\/\/\S+report\.html/.exec(stdout) ?? [];
    const page = readFileSync(fileURLToPath(link), 'utf8');
    expect(page).toContain('<h1>99 logins of 98 users</h1>');
    expect(page).toContain('100 messages received, 99 stored, 1 rejected');
    expect(page).toContain('missing user_id');
    expect(page).toContain('Nothing but pseudonyms');
  });

  test('takes arrays, lines, archives and standard input, and makes a message of whatever is in them', async () => {
    const folder = dataFolder();
    const events = [VALID_BODY, 'no event', { ...VALID_BODY, ip: 5 }];
    writeFileSync(join(folder, 'array.json'), JSON.stringify(events, null, 2));
    writeFileSync(join(folder, 'lines.gz'), gzipSync(events.map((event) => JSON.stringify(event)).join('\n')));
    const files = [join(folder, 'array.json'), join(folder, 'lines.gz'), '-'];
    const stdin = `${JSON.stringify(VALID_BODY)}\n`;
    const { code, stdout } = await runStart(['--data', folder, '--json', ...files], { stdin });
    expect(parseResult(stdout)).toMatchObject({
      received: 7,
      stored: 3,
      rejected: { not_json: 2, 'wrong_type ip': 2 },
      deadLettered: 4,
    });
    expect(code).toBe(0);
  });

  test('says by reason what it changed or left out', async () => {
    const folder = dataFolder();
    const file = join(folder, 'odd.json');
    const odd = [
      { ip: '192.0.2.1:443' },
      { ip: 'unknown', user_id: 7 },
      { ip: '192.0.2.1, 192.0.2.2', app_version: '' },
    ];
    writeFileSync(file, JSON.stringify(odd.map((changes) => ({ ...VALID_BODY, ...changes }))));
    const { stdout, stderr } = await runStart(['--data', folder, '--json', file]);
    const changed = { ip_port: 1, placeholder_ip: 1, number_user_id: 1, ip_list: 1, no_version: 1 };
    expect(parseResult(stdout)).toMatchObject({ stored: 3, changed });
    expect(stderr).toMatch(/^ {2}changed +5 {3}.*ip_port: 1/m);
  });

  test('refuses a broken file in one sentence with the line, before anything is sent', async () => {
    const folder = dataFolder();
    const file = join(folder, 'broken.jsonl');
    writeFileSync(file, `${JSON.stringify(VALID_BODY)}\n{"user_id": secret}\n`);
    const { code, stdout, stderr } = await runStart(['--data', folder, '--json', file]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^\S+broken\.jsonl, line 2: this is not JSON\. [^\n]+\n$/);
    expect(await queryWhileUp(folder, 'select 1 from user_logins')).toEqual([]);
  });

  test.each([
    [['--wach'], /Unknown option '--wach'/],
    [['--data'], /--data/],
  ])('refuses the options %j', async (args, message) => {
    const { code, stderr } = await runStart(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('explains itself with --help', async () => {
    const { code, stdout } = await runStart(['--help']);
    expect(code).toBe(0);
    for (const option of ['--watch', '--json', '--fresh', '--data <dir>', 'DATABASE_URL', 'MASK_KEY']) {
      expect(stdout).toContain(option);
    }
  });
});

describe('rejected events', () => {
  test('are named by file and line, and written to a file that only their owner can read', async () => {
    const folder = dataFolder();
    const [lines, array, saved] = ['a.jsonl', 'b.json', 'rejected.jsonl'].map((name) => join(folder, name)) as Paths;
    const { ip: _, ...withoutIp } = VALID_BODY;
    writeFileSync(lines, [VALID_BODY, 'canary', withoutIp].map((event) => JSON.stringify(event)).join('\n'));
    writeFileSync(array, JSON.stringify([VALID_BODY, { ...VALID_BODY, ip: 7 }], null, 2));
    const { code, stdout, stderr } = await runStart(['--data', folder, '--rejected', saved, lines, array]);
    expect(code).toBe(0);
    // As short as a path can be from here, which depends on where this checkout is.
    const rejected =
      /^Rejected:\n {2}\S*a\.jsonl, line 2: not_json\n {2}\S*a\.jsonl, line 3: missing ip\n {2}\S*b\.json, line 10: wrong_type ip\n\n/m;
    expect(stdout).toMatch(rejected);
    expect(stdout + stderr).not.toContain('canary');
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    const events = readFileSync(saved, 'utf8').trim().split('\n');
    expect(events.map((line) => JSON.parse(line))).toEqual(
      expect.arrayContaining(['canary', withoutIp, { ...VALID_BODY, ip: 7 }]),
    );
    expect(events).toHaveLength(3);
    const again = await runStart(['--data', folder, '--json', saved]);
    expect(parseResult(again.stdout)).toMatchObject({
      rejected: { not_json: 1, 'missing ip': 1, 'wrong_type ip': 1 },
    });
  });

  test('never overwrite a file', async () => {
    const folder = dataFolder();
    const file = join(folder, 'input.jsonl');
    writeFileSync(file, JSON.stringify(VALID_BODY));
    const { code, stderr } = await runStart(['--data', folder, '--rejected', file, file]);
    expect([code, stderr]).toEqual([2, `${file} exists already and will not be overwritten.\n`]);
  });

  test('are refused before the run, if their file could not be written after it', async () => {
    const folder = dataFolder();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { code, stdout, stderr } = await runStart(['--data', folder, '--rejected', join(file, 'dead.jsonl')]);
    expect([code, stdout, stderr]).toEqual([1, '', `The folder ${file} cannot be created (EEXIST).\n`]);
  });
});

describe('fixed ports', () => {
  test('are those that were asked for', async () => {
    const folder = dataFolder();
    const [port, sqsPort] = [await freePort(), await freePort()];
    const started = npmStart(['--data', folder, '--watch', '--port', `${port}`, '--sqs-port', `${sqsPort}`]);
    const [, database = ''] = await started.until(/psql '([^']+)'/);
    const [, endpoint] = await started.until(/--endpoint-url (\S+)/);
    expect([new URL(database).port, endpoint]).toEqual([`${port}`, `http://127.0.0.1:${sqsPort}`]);
    started.child.kill('SIGINT');
    expect(await started.exit()).toBe(0);
  });

  test.for(['--port', '--sqs-port'])('that are taken end the run in one sentence: %s', async (option) => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await runStart(['--data', dataFolder(), option, `${port}`]);
    expect([code, stderr]).toEqual([1, `Port ${port} is taken: free it, or give ${option} another one.\n`]);
  });
});

test('npm start that is interrupted half way stops cleanly, and does not say that all is well', async () => {
  const folder = dataFolder();
  const file = join(folder, 'many.jsonl');
  writeFileSync(file, `${JSON.stringify(VALID_BODY)}\n`.repeat(200_000));
  const started = npmStart(['--data', folder, '--json', file]);
  await started.until(/Sending 200,000 events/);
  started.child.kill('SIGINT');
  expect(await started.exit()).toBe(130);
  const { stored, pending } = parseResult(started.stdout()) as { stored: number; pending: number };
  expect(stored + pending).toBeLessThan(200_000);
  expect(await queryWhileUp(folder, 'select count(*)::integer as rows from user_logins')).toEqual([{ rows: stored }]);
});

describe('npm start -- --watch', () => {
  test('stores what arrives, is reached from this machine only, and stops cleanly on Ctrl-C', async () => {
    const folder = dataFolder();
    const saved = join(folder, 'saved.jsonl');
    const started = npmStart(['--data', folder, '--watch', '--json', '--save', saved, '/dev/null']);
    const [, endpoint] = await started.until(/--endpoint-url (\S+)/);
    const [, printed = '', url] = await started.until(/printf %s '([^']+)' \|\s+curl -s (\S+) -d @-/);
    expect(url).toBe(`${endpoint}/`);
    const body = printed.replaceAll('\n', ''); // as curl does
    const headers = { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'AmazonSQS.SendMessage' };
    expect((await fetch(endpoint as string, { method: 'POST', headers, body })).status).toBe(200);
    await started.until(/1 stored/);
    const elsewhere = Object.values(networkInterfaces())
      .flat()
      .filter((at) => at?.family === 'IPv4' && !at.internal);
    for (const at of elsewhere) {
      await expect(fetch((endpoint as string).replace('127.0.0.1', at?.address as string))).rejects.toThrow();
    }
    const bad = JSON.stringify({ ...JSON.parse(body), MessageBody: 'not json,\n"canary"' });
    expect((await fetch(endpoint as string, { method: 'POST', headers, body: bad })).status).toBe(200);
    await started.until(/rejected: not_json: 1/);
    const { QueueUrl } = JSON.parse(body);
    const deadLetters = async () => {
      const ask = JSON.stringify({ QueueUrl: `${QueueUrl}-dlq`, AttributeNames: ['ApproximateNumberOfMessages'] });
      const target = { ...headers, 'X-Amz-Target': 'AmazonSQS.GetQueueAttributes' };
      const answer = await fetch(endpoint as string, { method: 'POST', headers: target, body: ask });
      const { Attributes } = (await answer.json()) as { Attributes: Record<string, string> };
      return Attributes.ApproximateNumberOfMessages;
    };
    await expect.poll(deadLetters, { timeout: 20_000 }).toBe('1');
    started.child.kill('SIGINT');
    expect(await started.exit()).toBe(0);
    expect(parseResult(started.stdout())).toMatchObject({ received: 2, stored: 1, deadLettered: 1, pending: 0 });
    expect(started.stderr()).toContain(`1 dead letter is now in ${saved},\nwith ip and device id in the clear`);
    expect(readFileSync(saved, 'utf8')).toBe('"not json,\\n\\"canary\\""\n');
    const long = started
      .stderr()
      .split('\n')
      .filter((line) => line.length > 80);
    expect(long).toEqual([]);
  });

  test('says how many dead letters are gone with it', async () => {
    const started = npmStart(['--data', dataFolder(), '--watch', '-'], { stdin: '"not json"' });
    await started.until(/Ctrl-C/);
    started.child.kill('SIGINT');
    expect(await started.exit()).toBe(0);
    expect(started.stdout()).toContain('1 dead letter is gone with the queue, which lives in memory.');
    expect(started.stdout()).toContain('--save FILE');
  });

  test('has its folder to itself, until it is killed', async () => {
    const folder = dataFolder();
    const first = npmStart(['--data', folder, '--watch', '/dev/null']);
    await first.until(/Ctrl-C/);
    const second = await runStart(['--data', folder]);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^Another run is using [^\n]+\n$/);
    killGroup(first.child);
    const third = await runStart(['--data', folder, '--json']);
    expect(third.code).toBe(0);
    expect(parseResult(third.stdout)).toMatchObject({ stored: 99 });
  });

  test('lets the next run in when only npm is killed', async () => {
    const folder = dataFolder();
    const first = npmStart(['--data', folder, '--watch', '/dev/null']);
    await first.until(/Ctrl-C/);
    first.child.kill('SIGKILL');
    expect((await runStart(['--data', folder, '--json'])).code).toBe(0);
  });
});

test('npm start finds a file by its name from the folder that it is called in', async () => {
  const options = { cwd: dirname(SAMPLE_EVENTS) };
  const { code, stdout } = await runStart(['--data', dataFolder(), '--json', basename(SAMPLE_EVENTS)], options);
  expect(code).toBe(0);
  expect(parseResult(stdout)).toMatchObject({ stored: 99 });
});

describe('npm start with odd input', () => {
  test('says that a file is empty', async () => {
    const folder = dataFolder();
    const file = join(folder, 'empty.json');
    writeFileSync(file, '');
    const { code, stdout } = await runStart(['--data', folder, file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The input holds no events\.$/m);
  });

  test('says what to do with one object over several lines', async () => {
    const folder = dataFolder();
    const file = join(folder, 'pretty.json');
    writeFileSync(file, JSON.stringify({ Records: [VALID_BODY] }, null, 2));
    const { code, stderr } = await runStart(['--data', folder, file]);
    expect(code).toBe(1);
    expect(stderr).toContain("jq -c '.Records[]' FILE");
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('npm start -- --vault', () => {
  test('seals for a key that is made once, lies outside of data folder and project, and opens by recover alone', async () => {
    const folder = dataFolder();
    const config = dataFolder();
    const env = { XDG_CONFIG_HOME: config };
    const first = await runStart(['--data', folder, '--vault', '--json'], { env });
    const [, privateFile = ''] = /Only this file opens them again:\n {2}(\S+)\n/.exec(first.stderr) ?? [];
    expect(privateFile.startsWith(join(config, 'login-etl'))).toBe(true);
    expect(statSync(privateFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toContain('vault-public.pem');
    expect(globSync('**/*private*', { cwd: folder })).toEqual([]);
    const second = await runStart(['--data', folder, '--vault', '--json'], { env });
    expect(second.stderr).toContain(`${privateFile}\n`);
    expect([first.code, second.code]).toEqual([0, 0]);

    const key = (name: string) => readFileSync(join(folder, name), 'utf8').trim();
    const asked = join(config, 'asked');
    const out = join(config, 'found.jsonl');
    const [{ ips }] = (await queryWhileUp(
      folder,
      "select string_agg(distinct masked_ip, e'\\n') as ips from user_logins",
    )) as [{ ips: string }];
    writeFileSync(asked, ips);
    const { exitCode, json } = await runLoginEtl(
      ['recover', '--data', folder, '--field', 'ip', '--file', asked, '--reason', 'a test', '--out', out, '--json'],
      { env: { VAULT_PRIVATE_KEY: privateFile, MASK_KEY: key('mask-key'), MASK_LAYER_KEY: key('mask-layer-key') } },
    );
    expect({ exitCode, ...json }).toMatchObject({ exitCode: 0, recovered: 92, unknown: [], mismatched: [] });
    const values = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(values.every(({ verified, value }) => verified && /^[\d.a-f:]+$/.test(value))).toBe(true);
  });

  test('without it nothing is sealed', async () => {
    const folder = dataFolder();
    await runStart(['--data', folder], { env: { VAULT_PUBLIC_KEY: '/nowhere' } });
    expect(await queryWhileUp(folder, 'select from vault')).toEqual([]);
  });
});
