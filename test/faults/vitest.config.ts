import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Apart from `npm test`, since it takes minutes: `npm run test:faults`. Environment: FAULTS_SEED draws the same messages
 * and faults again, FAULTS_RUNS is the number of random runs (3).
 */
export default defineConfig({
  test: {
    name: 'faults',
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/faults/**/*.test.ts'],
    globalSetup: 'test/faults/support/template-setup.ts',
    reporters: ['default', './test/faults/support/table-reporter.ts'],
    silent: 'passed-only',
    // Scenarios wait for most of their time.
    maxWorkers: 4,
    testTimeout: 240_000,
  },
});
