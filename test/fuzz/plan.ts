import { randomInt } from 'node:crypto';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    plan: Plan;
  }
}

/**
 * `npm run test:fuzz`: what `FUZZ_SEED` and `FUZZ_RUNS` ask for. A seed gives the same records again, so that a failure
 * can be looked at; without one it is drawn, and printed.
 */
export interface Plan {
  seed: number;
  /** Records through the pure path. */
  records: number;
  /** As many records more have bodies of about 1 MiB. */
  largeRecords: number;
  /** Records through the real handler into a real Postgres. */
  storedRecords: number;
}

export default function setup(project: TestProject): void {
  const seed = fromEnvironment('FUZZ_SEED') ?? randomInt(2 ** 32);
  const runs = fromEnvironment('FUZZ_RUNS') ?? 200_000;
  const largeRecords = Math.ceil(runs / 100);
  const plan = { seed, records: runs - largeRecords, largeRecords, storedRecords: Math.ceil(runs / 40) };
  project.provide('plan', plan);
  process.stdout.write(`fuzz: the same again with FUZZ_SEED=${seed} FUZZ_RUNS=${runs}\n`);
}

function fromEnvironment(name: string): number | null {
  const text = process.env[name];
  if (!text) return null;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number.`);
  return Number(text);
}
