import { showProgress } from '../cli/progress.ts';

/** @param total by SQS's count, which is approximate */
export async function withProgress<T>(done: () => number, total: number, work: () => Promise<T>): Promise<T> {
  const progress = showProgress(() => Math.min(done(), total), total, 'messages');
  try {
    return await work();
  } finally {
    progress.end();
  }
}
