import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDeadLetters, createFour } from '../support/dead-letters.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { VALID_BODY } from '../support/records.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const newFile = () => join(temporaryFolder(), 'body');

describe('show', () => {
  test('gives the fields as they would be stored, and all else hidden', async () => {
    const { dlq, sendDead, deadDepth } = await createDeadLetters();
    const id = await sendDead({ ...VALID_BODY, user_id: undefined, secret: 'canary' }, { producer: 'canary' });
    const { exitCode, stdout, json } = await dlq(['show', id, '--json']);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      id,
      reason: 'missing user_id',
      receives: 1,
      first: null,
      event: {
        user_id: '<missing>',
        app_version: 2_003_000,
        device_type: 'android',
        ip: '<hidden>',
        locale: 'RU',
        device_id: '<hidden>',
      },
      unknownKeys: 1,
      otherAttributes: 1,
    });
    expect(stdout).not.toMatch(/canary|secret|producer/);
    expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  });

  test('gives pseudonyms if there is a key, to people and programs alike', async () => {
    const { dlq, ids } = await createFour();
    const env = { MASK_KEY: TEST_MASK_KEY };
    const { json } = await dlq(['show', ids[2] ?? '', '--json'], { env });
    expect(json.event.ip).toMatch(/^k1_[0-9a-f]{32}$/);
    expect(json.event.device_id).toMatch(/^k1_[0-9a-f]{32}$/);
    const { stdout } = await dlq(['show', ids[2] ?? ''], { env });
    expect(JSON.parse(stdout)).toEqual({ ...json, receives: json.receives + 1 });
  });

  test('an id that is not there is one sentence', async () => {
    const { dlq, deadDepth } = await createFour();
    const { exitCode, stdout, stderr } = await dlq(['show', '00000000-0000-4000-8000-000000000000']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^The dead-letter queue has no message with this id[^\n]*\n$/);
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('takes the beginning of an id if only one message has it', async () => {
    const { dlq, ids } = await createFour();
    const [first = ''] = ids;
    const { json } = await dlq(['show', first.slice(0, 13), '--json']);
    expect(json.id).toBe(first);
  });

  test('refuses a beginning that several ids have', async () => {
    const { dlq, sendDead } = await createDeadLetters();
    // One more than there are hexadecimal digits.
    const ids = await Promise.all(Array.from({ length: 17 }, () => sendDead('not json')));
    const begins = ids.map((id) => id.charAt(0));
    const shared = begins.find((digit, i) => begins.indexOf(digit) !== i) ?? '';
    const { exitCode, stderr } = await dlq(['show', shared]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^The ids of \d+ messages begin like this: type more of it\.\n$/);
  });

  test('a wrong key is one sentence, and hides nothing', async () => {
    const { dlq, ids, deadDepth } = await createFour();
    const { exitCode, stderr } = await dlq(['show', ids[0] ?? ''], { env: { MASK_KEY: 'canary' } });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^[^\n]*MASK_KEY must be[^\n]*\n$/);
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });
});

describe('show --raw', () => {
  test('writes the body as it is to a file of its own', async () => {
    const { dlq, sendDead, deadDepth } = await createDeadLetters();
    const body = '{"a": 1.50,\n\t"é":2} canary';
    const file = newFile();
    const { exitCode, stdout, stderr } = await dlq(['show', await sendDead(body), '--raw', '--out', file, '--yes']);
    expect(exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(body);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stdout + stderr).not.toContain('canary');
    expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  });

  test('asks before it does', async () => {
    const { dlq, ids } = await createFour();
    const file = newFile();
    const args = ['show', ids[1] ?? '', '--raw', '--out', file];
    expect(await dlq(args, { typed: 'yes\n' })).toMatchObject({ exitCode: 1, stdout: 'Nothing was written.\n' });
    expect(() => statSync(file)).toThrow('ENOENT');
    expect(await dlq(args, { typed: 'raw\n' })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file, 'utf8')).toBe('not json');
  });

  test('does not ask if nobody is there', async () => {
    const { dlq, ids } = await createFour();
    const { exitCode, stderr } = await dlq(['show', ids[1] ?? '', '--raw', '--out', newFile()]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--yes');
  });

  test('never overwrites a file', async () => {
    const { dlq, ids, deadDepth } = await createFour();
    const file = newFile();
    writeFileSync(file, 'mine');
    const { exitCode, stderr } = await dlq(['show', ids[1] ?? '', '--raw', '--out', file, '--yes']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: `${file} exists already and will not be overwritten.\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await deadDepth()).toEqual({ visible: 4, inFlight: 0 });
  });

  test('a file that cannot be created is one sentence', async () => {
    const { dlq, ids } = await createFour();
    const file = join(newFile(), 'of', 'no', 'folder');
    const { exitCode, stderr } = await dlq(['show', ids[1] ?? '', '--raw', '--out', file, '--yes']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: `${file} cannot be written (ENOENT).\n` });
  });
});
