import { defineConfig } from 'vitest/config';

/**
 * The tests that a mutant meets: those that need no server. The short ones come first, since the first that fails ends
 * the mutant, and properties draw the same values in every run, so that two runs give the same score.
 */
export default defineConfig({
  test: {
    env: { POWERTOOLS_DEV: 'true' },
    setupFiles: 'test/mutation/same-draws.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // They look at files and programs, take the longest, and notice nothing of the pure code.
          exclude: ['test/unit/{boundaries,documentation,program,runbook}.test.ts'],
          sequence: { groupOrder: 0 },
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'property',
          include: ['test/property/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
    ],
  },
});
