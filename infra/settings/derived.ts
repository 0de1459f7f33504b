import { longestOutageSurvivedSeconds, RETRY_WAITS } from '../../lambda/settings/retry-waits.ts';
import type { PipelineSettings } from './settings.ts';

/** AWS's advice for queues that Lambda polls: six times the timeout, and the window on top. */
export const VISIBILITY_TIMEOUTS = 6;

export function visibilityTimeoutSeconds({ queue, ingest }: PipelineSettings): number {
  return queue.visibilityTimeoutSeconds ?? VISIBILITY_TIMEOUTS * ingest.timeoutSeconds + ingest.windowSeconds;
}

/** The function says itself when a message comes again; what it cannot say waits the visibility timeout instead. */
export function toleratedOutageSeconds(settings: PipelineSettings): number {
  return longestOutageSurvivedSeconds(settings.queue.maxReceiveCount, RETRY_WAITS);
}

/**
 * `max_connections` that Aurora PostgreSQL gives to a maximum capacity, by capacity units (Aurora user guide, "Maximum
 * connections for Aurora Serverless v2"); between two lines the lower one holds.
 */
const MAX_CONNECTIONS: readonly (readonly [capacity: number, connections: number])[] = [
  [1, 189],
  [4, 823],
  [8, 1_669],
  [16, 3_360],
  [32, 5_000],
];
/** A minimum of 0 or 0.5 units leaves memory for no more. */
const MAX_CONNECTIONS_SMALL = 2_000;

export function databaseConnections(minCapacity: number, maxCapacity: number): number {
  const connections = MAX_CONNECTIONS.findLast(([capacity]) => capacity <= maxCapacity)?.[1] ?? 0;
  return minCapacity <= 0.5 ? Math.min(connections, MAX_CONNECTIONS_SMALL) : connections;
}
