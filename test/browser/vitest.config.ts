import { defineConfig } from 'vitest/config';

/** What people look at, in a real browser: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: 'test/support/postgres-server.ts',
    env: { POWERTOOLS_DEV: 'true' },
    silent: 'passed-only',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
