import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Relative to the root of the project. Its section "When an alarm rings" has one heading per alarm. */
export const RUNBOOK_FILE = 'infra/README.md';

/** `git@host:owner/name.git`, as git writes an address of SSH for short. */
const SHORT_SSH = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/)([^\s]+)$/;

/**
 * Where a browser finds the runbook, by what GitHub Actions says about itself, else by the git remote.
 *
 * @param remote as `git remote get-url` prints it
 * @returns null where neither tells; never a user name or token that stands in a remote
 */
export function runbookAddress(env: NodeJS.ProcessEnv, remote: string | undefined): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  const project = server && repository ? `${server}/${repository}` : projectPage(remote);
  // HEAD is the default branch, whatever it is called.
  return project && `${project}/blob/HEAD/${RUNBOOK_FILE}`;
}

/** @returns undefined outside of a git checkout, and where it has no remote called origin */
export function gitRemote(): string | undefined {
  const git = spawnSync('git', ['remote', 'get-url', 'origin'], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
  });
  return git.status === 0 ? git.stdout.trim() : undefined;
}

function projectPage(remote = ''): string | null {
  const short = SHORT_SSH.exec(remote);
  const address = short ? `ssh://${short[1]}/${short[2]}` : remote;
  if (!URL.canParse(address)) return null;
  const { protocol, hostname, pathname } = new URL(address);
  if (!['http:', 'https:', 'ssh:'].includes(protocol)) return null;
  return `https://${hostname}${pathname.replace(/(\.git)?\/?$/, '')}`;
}
