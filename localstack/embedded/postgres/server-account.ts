import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The uid and gid that the server runs under; none where that is the user's own. */
export interface Account {
  uid?: number;
  gid?: number;
}

/** PostgreSQL refuses to run as root, so root's server runs as `nobody`, who is there on every Unix. */
export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/**
 * Whether everyone may pass through all folders above. A project of root's below /root is closed to `nobody`.
 *
 * @param path of something that exists
 */
export function isReachable(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Where root's server keeps what it cannot keep below a closed folder; only root can have made it. */
export const OPEN_FOLDER = '/var/lib/login-etl';

export function openFolderFor(path: string): string {
  return join(OPEN_FOLDER, createHash('sha256').update(path).digest('hex').slice(0, 12));
}
