import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, since it needs a program that npm does not install: `npm run test:pooler`. */
export default defineConfig({
  test: {
    name: 'pooler',
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/pooler/**/*.test.ts'],
    globalSetup: ['test/faults/support/template-setup.ts', 'test/support/postgres-server.ts'],
    reporters: ['default', './test/faults/support/table-reporter.ts'],
    env: { POWERTOOLS_DEV: 'true' },
    silent: 'passed-only',
    // They wait for most of their time.
    maxWorkers: 3,
    testTimeout: 120_000,
  },
});
