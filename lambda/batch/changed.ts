import type { Change } from '../message/changes.ts';
import type { ValidMessage } from '../message/parse-message.ts';

export interface Changed {
  /** How many messages had their values changed or left out, by reason. */
  changedBy: Partial<Record<Change, number>>;
  unknownKeysDropped: number;
}

/** Counts each message once, at its first receive, whatever becomes of it then. */
export function countChanged(messages: readonly ValidMessage[]): Changed {
  const changedBy: Changed['changedBy'] = {};
  let unknownKeysDropped = 0;
  for (const { changes, unknownKeys, isFirstReceive } of messages) {
    if (!isFirstReceive) continue;
    unknownKeysDropped += unknownKeys;
    for (const change of changes) changedBy[change] = (changedBy[change] ?? 0) + 1;
  }
  return { changedBy, unknownKeysDropped };
}
