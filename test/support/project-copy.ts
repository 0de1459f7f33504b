import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const PARTS = [
  'infra',
  'lambda',
  'localstack',
  'tools',
  'cdk.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** A copy of the project with one file changed, which leaves the checkout as it is; removed when the test ends. */
export function copyProject(file: string, change: (text: string) => string): string {
  const copy = makeCopy(file, change);
  onTestFinished(() => removeCopy(copy));
  return copy;
}

/** The same for several tests; whoever makes it must remove it. */
export function makeCopy(file: string, change: (text: string) => string): string {
  const copy = mkdtempSync(join(tmpdir(), 'login-etl-copy-'));
  for (const part of PARTS) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  changeFile(copy, file, change);
  return copy;
}

export function removeCopy(copy: string): void {
  rmSync(copy, { recursive: true, force: true });
}

/** @param file in the copy; created if it does not exist */
export function changeFile(copy: string, file: string, change: (text: string) => string): void {
  const path = join(copy, file);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = change(before);
  if (after === before) throw new Error(`The change of ${file} changed nothing.`);
  writeFileSync(path, after);
}
