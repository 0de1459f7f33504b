import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loginEventSchema } from './schema.ts';
import { withContractTable } from './table.ts';

/** The entry of `npm run contract`: writes what follows from lambda/message/fields/fields.ts. */
const ROOT = join(import.meta.dirname, '..', '..');
const README = join(ROOT, 'lambda', 'README.md');

writeFileSync(
  join(ROOT, 'lambda', 'message', 'login-event.schema.json'),
  `${JSON.stringify(loginEventSchema(), null, 2)}\n`,
);
writeFileSync(README, withContractTable(readFileSync(README, 'utf8')));
