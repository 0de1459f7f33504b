/** What AWS documents, and what we assume where it does not. */

/** The most that an invocation takes, records and all (Lambda quotas). */
export const PAYLOAD_BYTES = 6 * 1_024 * 1_024;
/** What Lambda adds to a body: ids, attributes, a receipt handle of 400 characters. Assumed. */
export const RECORD_BYTES = 1_000;
/** Quotation marks of a body that is JSON are escaped. Assumed. */
export const ESCAPED = 1.1;
/** Memory that comes with one virtual CPU, which is all that one thread can use (Lambda, "Configure memory"). */
export const MB_PER_VCPU = 1_769;
/** Batches at once that an event source begins with (Lambda, "Scaling for SQS event source mappings"). */
export const FIRST_POLLERS = 5;
/** The least that maxConcurrency may be (Lambda API, ScalingConfig). */
export const MAX_POLLERS = 1_000;
/** Messages received and not yet deleted, per standard queue (SQS quotas). */
export const MAX_IN_FLIGHT = 120_000;
/** One capacity unit is 2 GiB with the CPU that goes with it; the memory-optimized instances have 8 GiB per vCPU. */
export const VCPUS_PER_UNIT = 0.25;
/** Aurora Serverless v2. */
export const MAX_UNITS = 256;
/** One round trip, and a commit that Aurora's storage has acknowledged. Assumed. */
export const COMMIT_MS = 5;
/** That one Aurora writer takes for long. AWS names no figure; assumed. */
export const MAX_WAL_MB_PER_SECOND = 100;
/** How busy a database or a function may be on average, so that there is room for a peak within the second. */
export const BUSY = 0.7;

export const SECONDS_PER_DAY = 86_400;
export const HOURS_PER_MONTH = 730;

/** USD in us-east-1, as published in June 2026, without free tiers. */
export const PRICES = {
  unitHour: 0.12,
  endpointZoneHour: 0.01,
  dashboardMonth: 3,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  keyMonth: 1,
  sqsRequest: 0.4 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** On arm64. */
  lambdaGbSecond: 0.0000133334,
  logGb: 0.5,
  /** Up to 4 KB of WAL. */
  auroraIo: 0.2 / 1e6,
  storageGbMonth: 0.1,
} as const;
