import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, because in full it takes minutes: `npm run test:fuzz`. */
export default defineConfig({
  test: {
    name: 'fuzz',
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/fuzz/**/*.test.ts'],
    globalSetup: ['test/fuzz/plan.ts', 'test/support/postgres-server.ts'],
    env: { POWERTOOLS_DEV: 'true' },
    // To tell what is held from what is only not yet collected.
    execArgv: ['--expose-gc'],
    testTimeout: 1_800_000,
  },
});
