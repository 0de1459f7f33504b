import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../../tools/cli/user-error.ts';

/** The uid and gid that the server runs under; left out if they are the user's own. */
export interface Account {
  uid?: number;
  gid?: number;
}

/**
 * PostgreSQL refuses to run as root, so root's server runs as `nobody`, who exists on every Unix.
 *
 * @throws UserError if this user has no name, as in a container that was given a mere number: PostgreSQL refuses that too
 */
export function serverAccount(lookUp: () => unknown = userInfo): Account {
  if (process.getuid?.() !== 0) {
    requireName(lookUp);
    return {};
  }
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export function requireName(lookUp: () => unknown): void {
  try {
    lookUp();
  } catch {
    throw new UserError(
      `PostgreSQL cannot run as user ${process.getuid?.()}, who is not in /etc/passwd: run this as a user who is, or set ` +
        'DATABASE_URL to a PostgreSQL of your own.',
    );
  }
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

/** Where root's server keeps what it cannot keep below a closed folder. Only root can create it. */
export const OPEN_FOLDER = '/var/lib/login-etl';

export function openFolderFor(path: string): string {
  return join(OPEN_FOLDER, createHash('sha256').update(path).digest('hex').slice(0, 12));
}
