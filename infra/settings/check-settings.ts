import { KEY_ID } from '../../lambda/masking/masker.ts';
import { LEDGER_RETENTION_DAYS } from '../../lambda/message/identity.ts';
import { ERASE_AFTER_DAYS } from '../../lambda/settings/erase-after-days.ts';
import { trafficProblems } from '../plan/check-traffic.ts';
import {
  databaseConnections,
  toleratedOutageSeconds,
  VISIBILITY_TIMEOUTS,
  visibilityTimeoutSeconds,
} from './derived.ts';
import { producerProblem } from './producers.ts';
import type { AwsSettings, PipelineSettings } from './settings.ts';

/** Limits of SQS and Lambda (SQS developer guide, "Quotas"; Lambda API, CreateEventSourceMapping). */
const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_RETENTION_DAYS = 14;
const MAX_TIMEOUT_SECONDS = 900;
/** Opening a connection takes up to 5 s, handing back what could not be stored up to 8; the rest is for the work. */
const MIN_TIMEOUT_SECONDS = 20;
const MAX_WINDOW_SECONDS = 300;
const MAX_BATCH_SIZE = 10_000;
const MAX_MESSAGE_BYTES = 1_048_576;
const MAX_BATCH_SIZE_WITHOUT_WINDOW = 10;
const MIN_CONCURRENCY = 2;
const MAX_CONCURRENCY = 1_000;

interface Check<Settings> {
  isWrong(settings: Settings): boolean;
  /** One sentence: what is wrong, and what to do. */
  problem(settings: Settings): string;
}

const PIPELINE: readonly Check<PipelineSettings>[] = [
  {
    isWrong: ({ maskKeyId, nextMaskKeyId }) =>
      ![maskKeyId, nextMaskKeyId ?? maskKeyId].every((kid) => KEY_ID.test(kid)) || maskKeyId === nextMaskKeyId,
    problem: ({ maskKeyId, nextMaskKeyId }) =>
      `maskKeyId is "${maskKeyId}" and nextMaskKeyId "${nextMaskKeyId}": each is k1, k2 and so on up to k9999, and ` +
      'they differ; nextMaskKeyId is null unless the layer key is being replaced.',
  },
  {
    isWrong: ({ ingest }) => !isWithin(ingest.timeoutSeconds, MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
    problem: ({ ingest }) =>
      `ingest.timeoutSeconds is ${ingest.timeoutSeconds}, and must be ${MIN_TIMEOUT_SECONDS} (the function needs 13 for ` +
      `connecting and handing back) to ${MAX_TIMEOUT_SECONDS} (Lambda's limit).`,
  },
  {
    isWrong: ({ ingest }) => !isWithin(ingest.batchSize, 1, MAX_BATCH_SIZE),
    problem: ({ ingest }) => `ingest.batchSize is ${ingest.batchSize}, and Lambda takes 1 to ${MAX_BATCH_SIZE}.`,
  },
  {
    isWrong: ({ ingest }) => !isWithin(ingest.windowSeconds, 0, MAX_WINDOW_SECONDS),
    problem: ({ ingest }) =>
      `ingest.windowSeconds is ${ingest.windowSeconds}, and Lambda takes 0 to ${MAX_WINDOW_SECONDS}.`,
  },
  {
    isWrong: ({ ingest }) => ingest.batchSize > MAX_BATCH_SIZE_WITHOUT_WINDOW && ingest.windowSeconds === 0,
    problem: ({ ingest }) =>
      `ingest.batchSize is ${ingest.batchSize} without a window: set ingest.windowSeconds to 1 or more, or collect at ` +
      `most ${MAX_BATCH_SIZE_WITHOUT_WINDOW}.`,
  },
  {
    isWrong: ({ ingest }) => !isWithin(ingest.maxConcurrency, MIN_CONCURRENCY, MAX_CONCURRENCY),
    problem: ({ ingest }) =>
      `ingest.maxConcurrency is ${ingest.maxConcurrency}, and Lambda takes ${MIN_CONCURRENCY} to ${MAX_CONCURRENCY}.`,
  },
  {
    isWrong: (settings) => visibilityTimeoutSeconds(settings) < shortestVisibility(settings),
    problem: (settings) =>
      `queue.visibilityTimeoutSeconds is ${visibilityTimeoutSeconds(settings)}, but a batch can be worked on for ` +
      `${shortestVisibility(settings)} s (timeout and window): SQS would hand it out a second time meanwhile.`,
  },
  {
    isWrong: (settings) => visibilityTimeoutSeconds(settings) > MAX_VISIBILITY_SECONDS,
    problem: (settings) =>
      `The visibility timeout of ${visibilityTimeoutSeconds(settings)} s (${VISIBILITY_TIMEOUTS} timeouts and the ` +
      `window, or queue.visibilityTimeoutSeconds) is above the ${MAX_VISIBILITY_SECONDS} s that SQS takes.`,
  },
  {
    isWrong: ({ queue }) => queue.deadLetterRetentionDays <= queue.retentionDays,
    problem: ({ queue }) =>
      `queue.deadLetterRetentionDays is ${queue.deadLetterRetentionDays}, and must be above queue.retentionDays ` +
      `(${queue.retentionDays}): a message keeps its age when it moves, and would be deleted unseen.`,
  },
  {
    isWrong: ({ queue }) => queue.deadLetterRetentionDays > MAX_RETENTION_DAYS,
    problem: ({ queue }) =>
      `queue.deadLetterRetentionDays is ${queue.deadLetterRetentionDays}, and SQS keeps messages at most ` +
      `${MAX_RETENTION_DAYS} days.`,
  },
  {
    isWrong: ({ queue }) => queue.retentionDays + queue.deadLetterRetentionDays >= LEDGER_RETENTION_DAYS,
    problem: ({ queue }) =>
      `queue.retentionDays and queue.deadLetterRetentionDays add up to ` +
      `${queue.retentionDays + queue.deadLetterRetentionDays}, and must stay below the ${LEDGER_RETENTION_DAYS} days ` +
      'that the ledger remembers a message: it could be stored twice.',
  },
  {
    isWrong: (settings) => toleratedOutageSeconds(settings) < settings.promisedOutageMinutes * 60,
    problem: (settings) =>
      `queue.maxReceiveCount of ${settings.queue.maxReceiveCount} lets good messages into the dead-letter queue after ` +
      `${Math.floor(toleratedOutageSeconds(settings) / 60)} minutes without a database, and promisedOutageMinutes is ` +
      `${settings.promisedOutageMinutes}: allow more receives.`,
  },
];

const AWS: readonly Check<AwsSettings>[] = [
  {
    isWrong: ({ maskKeyId, nextMaskKeyId, retiredMaskKeyIds: retired }) =>
      !retired.every((kid) => KEY_ID.test(kid) && kid !== maskKeyId && kid !== nextMaskKeyId) ||
      new Set(retired).size < retired.length,
    problem: ({ retiredMaskKeyIds }) =>
      `retiredMaskKeyIds is ${JSON.stringify(retiredMaskKeyIds)}, and must name other keys than maskKeyId and nextMaskKeyId, ` +
      'each once.',
  },
  {
    isWrong: ({ database }) => !/^\d+\.\d+$/.test(database.engineVersion),
    problem: ({ database }) =>
      `database.engineVersion is "${database.engineVersion}", and must be a release of Aurora PostgreSQL such as 17.9.`,
  },
  {
    isWrong: (settings) => neededConnections(settings) > connectionLimit(settings),
    problem: (settings) =>
      `ingest.maxConcurrency (${settings.ingest.maxConcurrency}, one connection each) and database.reservedConnections ` +
      `(${settings.database.reservedConnections}) need ${neededConnections(settings)} connections, and the database ` +
      `has ${connectionLimit(settings)} at ${settings.database.maxCapacity} capacity units: raise database.maxCapacity.`,
  },
  {
    isWrong: ({ database }) => database.minCapacity > database.maxCapacity,
    problem: ({ database }) =>
      `database.minCapacity (${database.minCapacity}) is above database.maxCapacity (${database.maxCapacity}).`,
  },
  {
    isWrong: ({ network }) => !isWithin(network.endpointZones, 1, 2),
    problem: ({ network }) => `network.endpointZones is ${network.endpointZones}, and must be 1 or 2.`,
  },
  {
    isWrong: ({ traffic }) =>
      !(traffic.eventsPerSecond > 0 && traffic.eventsPerSecond <= traffic.peakEventsPerSecond) ||
      !isWithin(traffic.eventBytes, 1, MAX_MESSAGE_BYTES),
    problem: ({ traffic: { eventsPerSecond, peakEventsPerSecond, eventBytes } }) =>
      `traffic is ${eventsPerSecond} events a second, at most ${peakEventsPerSecond}, of ${eventBytes} bytes, and must be ` +
      `above 0, not above its peak, and of 1 to ${MAX_MESSAGE_BYTES} bytes (the limit of SQS).`,
  },
  {
    isWrong: ({ maintenance }) => !isWithin(maintenance.everyHours, 1, 24) || 24 % maintenance.everyHours !== 0,
    problem: ({ maintenance }) => `maintenance.everyHours is ${maintenance.everyHours}, and must be a divisor of 24.`,
  },
  {
    isWrong: ({ maintenance: { eraseAfterDays } }) =>
      eraseAfterDays !== null && !isWithin(eraseAfterDays, ERASE_AFTER_DAYS.least, ERASE_AFTER_DAYS.most),
    problem: ({ maintenance }) =>
      `maintenance.eraseAfterDays is ${maintenance.eraseAfterDays}, and must be ${ERASE_AFTER_DAYS.least} (a younger message can ` +
      `still become a row again) to ${ERASE_AFTER_DAYS.most}, or null.`,
  },
  {
    isWrong: ({ alarms }) => alarms.runbook !== null && !/^https?:\/\/[^#\s]+$/.test(alarms.runbook),
    problem: ({ alarms }) =>
      `alarms.runbook is ${JSON.stringify(alarms.runbook)}, and must be an http address without an anchor: each alarm ` +
      'adds its own.',
  },
];

/** @returns a sentence for each setting that cannot work, all at once */
export function settingsProblems(settings: PipelineSettings | AwsSettings): string[] {
  const pipeline = [
    ...PIPELINE.filter((check) => check.isWrong(settings)).map((check) => check.problem(settings)),
    ...settings.queue.producers.map(producerProblem).filter((problem) => problem !== null),
  ];
  if (!('database' in settings)) return pipeline;
  const problems = [
    ...pipeline,
    ...AWS.filter((check) => check.isWrong(settings)).map((check) => check.problem(settings)),
  ];
  // Settings that make no sense give no figures.
  return problems.length > 0 ? problems : trafficProblems(settings);
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function shortestVisibility({ ingest }: PipelineSettings): number {
  return ingest.timeoutSeconds + ingest.windowSeconds;
}

function neededConnections({ ingest, database }: AwsSettings): number {
  return ingest.maxConcurrency + database.reservedConnections;
}

function connectionLimit({ database }: AwsSettings): number {
  return databaseConnections(database.minCapacity, database.maxCapacity);
}
