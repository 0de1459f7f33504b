import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Which room may import from which: arrows run downwards only. A room is the longest prefix listed here. A prefix on the
 * right stands for everything below it, and a room may always import from itself. What is not relative is a package.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'lambda/errors.ts': [],
  'lambda/message': ['lambda/masking', 'aws-lambda'],
  'lambda/masking': [],
  'lambda/batch': ['lambda/errors.ts', 'lambda/message', 'lambda/masking', 'aws-lambda'],
  'lambda/settings': ['lambda/errors.ts', 'lambda/masking', 'lambda/store/connection'],
  'lambda/keys': ['lambda/errors.ts', 'lambda/masking', 'lambda/settings', '@aws-sdk/client-kms'],
  'lambda/queue': ['lambda/batch', 'lambda/settings', 'aws-lambda', '@aws-sdk/client-sqs'],
  'lambda/telemetry': ['lambda/batch', 'aws-lambda', '@aws-lambda-powertools'],
  'lambda/store/connection': [
    'lambda/errors.ts',
    'lambda/masking',
    'lambda/batch',
    'lambda/settings',
    'pg',
    'pg-connection-string',
    '@aws-sdk',
  ],
  'lambda/store/write': ['lambda/errors.ts', 'lambda/masking', 'lambda/batch', 'lambda/store/connection', 'pg'],
  'lambda/store/schema': ['lambda/errors.ts', 'lambda/message', 'lambda/store/connection', 'pg', 'node-pg-migrate'],
  'lambda/store': ['lambda/batch'],
  'lambda/jobs': ['lambda/errors.ts', 'lambda/masking', 'lambda/keys', 'lambda/settings', 'lambda/store', 'pg'],
  'lambda/jobs/adopt': [
    'lambda/errors.ts',
    'lambda/masking',
    'lambda/message',
    'lambda/keys',
    'lambda/settings',
    'lambda/store/connection',
    'lambda/store/write',
    'lambda/jobs/audit',
    'pg',
  ],
  'lambda/jobs/pseudonym': ['lambda/masking', 'lambda/message'],
  lambda: ['aws-lambda'],
  infra: [
    'lambda/message',
    'lambda/masking',
    'lambda/settings',
    'lambda/telemetry',
    'aws-cdk-lib',
    'constructs',
    'cdk-nag',
  ],
  'tools/cli': ['@commander-js/extra-typings'],
  'tools/sqs': ['lambda/settings', '@aws-sdk/client-sqs'],
  'tools/drain': [
    'lambda',
    'tools/cli',
    'tools/event-source',
    'tools/sqs',
    'tools/explain-error.ts',
    'aws-lambda',
    '@aws-sdk/client-sqs',
    'esbuild',
  ],
  'tools/event-source': ['lambda/batch', 'lambda/queue', 'tools/sqs', 'aws-lambda'],
  'tools/keys': ['tools/cli', 'tools/stage', 'lambda', 'pg', '@commander-js/extra-typings'],
  'tools/report': ['tools/cli', 'tools/database', 'lambda', 'pg', '@observablehq/plot', 'linkedom'],
  'tools/export': ['pg', 'pg-copy-streams'],
  'tools/sql': ['tools/cli', 'lambda/settings', 'lambda/store/connection', 'pg', 'pg-copy-streams'],
  'tools/stage': ['tools/cli', 'infra', 'lambda', '@aws-sdk', '@commander-js/extra-typings'],
  tools: ['infra', 'lambda', 'pg', 'aws-lambda', '@aws-sdk'],
  'tools/program': ['tools', 'infra', 'lambda', 'localstack'],
  localstack: ['tools', 'infra', 'lambda', 'pg', 'aws-lambda', '@aws-sdk', 'fauxqs'],
};
/** Above everything: nothing imports it. */
const COMPOSITION_ROOT = 'tools/program';
const ROOMS = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length);

interface Import {
  from: string;
  to: string;
}

test('every import runs downwards, and packages stay in their rooms', () => {
  const files = globSync('{lambda,infra,tools,localstack}/**/*.ts', { cwd: ROOT });
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap(importsOf).filter((one) => !isAllowed(one))).toEqual([]);
});

test('an arrow upwards, a foreign package and a sibling room are noticed', () => {
  const wrong = [
    { from: 'lambda/message/flatten.ts', to: 'lambda/store/store.ts' },
    { from: 'lambda/batch/isolate.ts', to: 'pg' },
    { from: 'tools/cli/progress.ts', to: 'tools/dlq/lease.ts' },
    { from: 'infra/names.ts', to: 'localstack/start.ts' },
    { from: 'lambda/handler.ts', to: 'test/support/kms.ts' },
    { from: 'tools/dlq/list.ts', to: 'tools/program/commands.ts' },
    { from: 'localstack/start.ts', to: 'tools/program/commands.ts' },
  ];
  expect(wrong.filter(isAllowed)).toEqual([]);
});

test('the program loads a command when it is run, so that the others start quickly', () => {
  const source = readFileSync(join(ROOT, COMPOSITION_ROOT, 'commands.ts'), 'utf8');
  const loadedAtOnce = [...source.matchAll(/^import (?!type)[^;]* from '([^']+)'/gm)].map(([, to]) => to);
  expect(loadedAtOnce).toEqual(['../explain-error.ts']);
});

function importsOf(from: string): Import[] {
  const source = readFileSync(join(ROOT, from), 'utf8');
  const specifiers = [...source.matchAll(/(?:\bfrom|\bimport\()\s*'([^']+)'/g)].map(([, specifier = '']) => specifier);
  return specifiers
    .filter((specifier) => !specifier.startsWith('node:'))
    .map((to) => ({ from, to: to.startsWith('.') ? relative(ROOT, normalize(join(ROOT, dirname(from), to))) : to }));
}

function isAllowed({ from, to }: Import): boolean {
  const room = ROOMS.find((name) => isIn(from, name));
  if (room === undefined) return false;
  const toRoom = ROOMS.find((name) => isIn(to, name));
  if (toRoom === COMPOSITION_ROOT) return room === COMPOSITION_ROOT;
  return toRoom === room || [...(MAY_IMPORT[room] ?? []), ...ownRooms(room)].some((name) => isIn(to, name));
}

/** A room's own sub-rooms lie below it: `lambda/handler.ts` wires all of lambda. */
function ownRooms(room: string): string[] {
  return room.includes('.') ? [] : [room];
}

function isIn(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}
