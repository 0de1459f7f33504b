import { defineConfig } from 'vitest/config';

/** Ten times what the slowest test takes on a quiet machine; only what hangs takes longer. */
const PATIENT_MS = 180_000;

/** By what they need: nothing, CDK, the local queue, a real Postgres, and `npm start` as a user runs it. */
export default defineConfig({
  test: {
    // The function logs every batch; with this Powertools logs through the console, which is shown when a test fails.
    env: { POWERTOOLS_DEV: 'true' },
    silent: 'passed-only',
    // Its default of a second is too short for a machine under load.
    expect: { poll: { timeout: 60_000 } },
    // Many tests wait, for a timeout or a server, so there can be more at once than a small machine has cores.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      { extends: true, test: { name: 'property', include: ['test/property/**/*.test.ts'], testTimeout: PATIENT_MS } },
      { extends: true, test: { name: 'infra', include: ['test/infra/**/*.test.ts'], testTimeout: PATIENT_MS } },
      { extends: true, test: { name: 'local', include: ['test/local/**/*.test.ts'], testTimeout: PATIENT_MS } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/postgres-server.ts',
          testTimeout: PATIENT_MS,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/npx.test.ts'],
          testTimeout: PATIENT_MS,
          hookTimeout: PATIENT_MS,
        },
      },
      {
        extends: true,
        // After all others: it installs every package once, which nothing that has a time limit can stand beside.
        test: { name: 'fresh-clone', include: ['test/e2e/npx.test.ts'], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
