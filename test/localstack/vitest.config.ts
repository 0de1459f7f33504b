import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, because it needs a LocalStack: `npm run test:localstack`. */
export default defineConfig({
  test: {
    name: 'localstack',
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/localstack/**/*.test.ts'],
    globalSetup: 'test/localstack/deployment.ts',
    // One deployment, on which one test follows the other.
    fileParallelism: false,
    // A deployment takes half a minute on a quiet machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
