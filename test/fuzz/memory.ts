/** Bytes that are held after everything else was collected; the process needs `--expose-gc`. */
export function collected(): number {
  if (!globalThis.gc) throw new Error('Start with --expose-gc.');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function inMiB(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
