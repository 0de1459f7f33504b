import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHANGES } from '../../lambda/message/changes.ts';
import { DEVICE_PLACEHOLDERS, IP_PLACEHOLDERS } from '../../lambda/message/fields/placeholders.ts';
import { loginEventSchema } from '../../tools/contract/schema.ts';
import { withContractTable } from '../../tools/contract/table.ts';

const LAMBDA = join(import.meta.dirname, '..', '..', 'lambda');
const README = readFileSync(join(LAMBDA, 'README.md'), 'utf8');

describe('what is made from the declaration of the fields is up to date ("npm run contract")', () => {
  test('login-event.schema.json', () => {
    const schema = JSON.parse(readFileSync(join(LAMBDA, 'message', 'login-event.schema.json'), 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(loginEventSchema())));
  });

  test('the table in the README', () => {
    expect(README).toBe(withContractTable(README));
  });
});

describe('the README has every', () => {
  test.for([...new Set([...IP_PLACEHOLDERS, ...DEVICE_PLACEHOLDERS])])('placeholder: %s', (text) => {
    const [, section = ''] = README.split('**Placeholders**');
    expect(section.slice(0, section.indexOf('\n\n'))).toContain(`\`${text}\``);
  });

  test('reason to count, and no others', () => {
    const [, section = ''] = README.split('The reasons are ');
    const named = section.slice(0, section.indexOf('Not counted')).matchAll(/`([a-z_]+)`/g);
    expect([...named].map(([, code]) => code)).toEqual([...CHANGES]);
  });
});
