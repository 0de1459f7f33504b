import type { TestProject } from 'vitest/node';
import { makeTemplate, removeDatabase } from './template.ts';

/** One migrated database for all scenarios to copy. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = await makeTemplate();
  project.provide('faultsTemplate', folder);
  return () => removeDatabase(folder);
}
