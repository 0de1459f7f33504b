import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { dataFolder, npmStart, type Started } from '../support/npm-start.ts';
import { VALID_BODY } from '../support/records.ts';
import { closeBrowser, openPage } from './support/browser.ts';
import { flaws } from './support/looks.ts';

afterAll(closeBrowser);

interface Watching {
  started: Started;
  url: string;
  send(queue: 'login-queue' | 'login-queue-dlq', body: unknown): Promise<void>;
}

async function startWatching(): Promise<Watching> {
  const started = npmStart(['--data', dataFolder(), '--watch', '/dev/null']);
  const [url] = await started.until(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/);
  const [, endpoint] = await started.until(/--endpoint-url (\S+)/);
  return {
    started,
    url,
    async send(queue, body) {
      const message = { QueueUrl: `${endpoint}/000000000000/${queue}`, MessageBody: JSON.stringify(body) };
      const headers = { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'AmazonSQS.SendMessage' };
      const credential = { Authorization: `AWS4-HMAC-SHA256 Credential=${LOCAL_AWS.accessKeyId}` };
      const answer = await fetch(`${endpoint}/`, {
        method: 'POST',
        headers: { ...headers, ...credential },
        body: JSON.stringify(message),
      });
      expect(answer.status).toBe(200);
    },
  };
}

/** A request with whatever headers, which no browser would let a page set. */
async function ask(url: URL, headers: Record<string, string>, method = 'GET', body = ''): Promise<number | undefined> {
  const { port, pathname } = url;
  const sent = request({ host: '127.0.0.1', port, path: pathname, method, headers }).end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}

test('the live page shows what arrives, what is rejected and why, and sends a dead letter back', async () => {
  const { started, url, send } = await startWatching();
  const { page, messages } = await openPage(url, { viewport: { width: 1280, height: 900 } });
  const text = page.locator('main');
  const until = (words: string) => text.getByText(words).first().waitFor({ timeout: 30_000 });
  expect(page.url()).not.toContain('token');
  await until('No logins yet');
  expect(await flaws(page)).toEqual([]);

  await send('login-queue', VALID_BODY);
  await until('1 login of 1 user');

  const { user_id: _, ...nameless } = VALID_BODY;
  await send('login-queue', nameless);
  await until('missing user_id: 1');
  const row = page.locator('tr', { hasText: 'user_id: <missing>' });
  await row.waitFor({ timeout: 30_000 });
  expect(await row.innerText()).toMatch(/ip: k1_[0-9a-f]{32}/);
  const whole = await page.content();
  for (const secret of [VALID_BODY.ip, VALID_BODY.device_id]) expect(whole).not.toContain(secret);

  await send('login-queue-dlq', { ...VALID_BODY, user_id: 'came-back' });
  // What waits in the dead-letter queue without this run's doing is seen by its number.
  const fixed = page.locator('tr', { hasText: 'passes checks' });
  await fixed.waitFor({ timeout: 30_000 });
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await flaws(page)).toEqual([]);
  }
  await fixed.getByRole('button').click();
  await until('2 logins of 2 users');
  await fixed.waitFor({ state: 'detached', timeout: 30_000 });
  expect(await row.count()).toBe(1);
  expect(messages).toEqual([]);

  started.child.kill('SIGINT');
  expect(await started.exit()).toBe(0);
  await until('npm start has stopped');
});

test('the live page is for the browser that was given its address', async () => {
  const { started, url } = await startWatching();
  const address = new URL(url);
  const { page } = await openPage(url);
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  const host = address.host;
  const held = { host, cookie: `${cookie?.name}=${cookie?.value}` };
  const parts = new URL('/parts', url);
  const redrive = new URL('/redrive', url);
  const type = { 'content-type': 'application/json' };
  const own = { origin: `http://${host}` };
  expect(await ask(parts, held)).toBe(200);
  expect(await ask(parts, { host })).toBe(403);
  expect(await ask(parts, { ...held, cookie: `${cookie?.name}=${'x'.repeat(43)}` })).toBe(403);
  expect(await ask(parts, { ...held, host: 'rebound.example' })).toBe(421);
  expect(await ask(parts, { ...held, host: `localhost:${address.port}` })).toBe(421);
  expect(await ask(redrive, { host, ...own, ...type }, 'POST', '{}')).toBe(403);
  expect(await ask(redrive, { ...held, ...type }, 'POST', '{}')).toBe(403);
  expect(await ask(redrive, { ...held, ...type, origin: 'http://127.0.0.1:1' }, 'POST', '{}')).toBe(403);
  expect(await ask(redrive, { ...held, ...own, 'content-type': 'text/plain' }, 'POST', '{}')).toBe(403);
  expect(await ask(redrive, { ...held, ...own, ...type, 'content-length': '2' }, 'POST', '{}')).toBe(409);
  expect(await ask(redrive, { ...held, ...own, ...type, 'content-length': '2000' }, 'POST', ' '.repeat(2_000))).toBe(
    413,
  );
  expect(await ask(redrive, { ...held, ...own, ...type, 'content-length': '1' }, 'POST', '{')).toBe(503);
  expect(await ask(parts, held)).toBe(200);
  started.child.kill('SIGINT');
  expect(await started.exit()).toBe(0);
});
