import type { Change } from '../message/changes.ts';
import type { DistinctMessage } from './distinct.ts';

export interface Changed {
  /** How many messages had their values changed or left out, by reason. */
  changedBy: Partial<Record<Change, number>>;
  unknownKeysDropped: number;
}

/** Counts each message once, at its first receive, whatever becomes of it afterwards. */
export function countChanged(messages: readonly DistinctMessage[]): Changed {
  const changedBy: Changed['changedBy'] = {};
  let unknownKeysDropped = 0;
  for (const { message } of messages) {
    const { changes, unknownKeys, isFirstReceive } = message;
    if (!isFirstReceive) continue;
    unknownKeysDropped += unknownKeys;
    for (const change of changes) changedBy[change] = (changedBy[change] ?? 0) + 1;
  }
  return { changedBy, unknownKeysDropped };
}
