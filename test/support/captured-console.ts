import { onTestFinished, vi } from 'vitest';

/** What the function prints from here on, line by line, until the test ends. */
export function capturedConsole(): string[] {
  const printed: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    const spy = vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void printed.push(args.join(' ')));
    onTestFinished(() => spy.mockRestore());
  }
  return printed;
}
