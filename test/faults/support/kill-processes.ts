import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ends a process and its children at once, and waits until they are gone. */
export async function killWithChildren(parent: number): Promise<void> {
  // Stopped first, so that it starts no child behind the list.
  signal(parent, 'SIGSTOP');
  const children = processes().filter((process) => process.parent === parent);
  const pids = [...children.map(({ pid }) => pid), parent];
  for (const pid of pids) signal(pid, 'SIGKILL');
  while (processes().some(({ pid, state }) => pids.includes(pid) && !state.startsWith('Z'))) await sleep(5);
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}

function processes(): { pid: number; parent: number; state: string }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state };
  });
}
