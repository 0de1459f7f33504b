/** Everything that differs between stages, in one place. Change values here; `check-settings.ts` refuses what cannot work. */

import { MAX_RECEIVES } from '../../lambda/settings/retry-waits.ts';

export const STAGES = ['localstack', 'dev', 'prod'] as const;
export type Stage = (typeof STAGES)[number];

/** What the pipeline is made of, wherever it runs. */
export interface PipelineSettings {
  stage: Stage;
  queue: QueueSettings;
  ingest: IngestSettings;
  /** Begins every pseudonym; another one belongs to another key. */
  maskKeyId: string;
  /** The table is one of SHA-256 hashes that `adopt` takes over; from the first write on, and for good. */
  adopted: boolean;
  /** While the layer key is replaced: the id of the one that follows, which then gets a key. Else null. */
  nextMaskKeyId: string | null;
  /** Seals every ip and device id, so that `recover` can open them for a reason. What was not sealed cannot be recovered. */
  recoveryVault: boolean;
  /** How long the database may be away before a good message reaches the dead-letter queue. */
  promisedOutageMinutes: number;
}

export interface QueueSettings {
  name: string;
  retentionDays: number;
  /** The clock of a message does not start again when it moves, so this is longer than the queue's own. */
  deadLetterRetentionDays: number;
  /** Receives of a message until it moves to the dead-letter queue. */
  maxReceiveCount: number;
  /** null: six times the function's timeout and the window, as AWS advises. */
  visibilityTimeoutSeconds: number | null;
  /** Accounts, IAM roles, SNS topics and EventBridge rules that may send, as producers.ts reads them. */
  producers: string[];
  /** A KMS key of the stage's own instead of the one that SQS manages; its policy lets the producers use it. */
  customerKey: boolean;
}

export interface IngestSettings {
  memoryMb: number;
  timeoutSeconds: number;
  logRetentionDays: number;
  /** Takes no messages while this is so, and everything else stays: for a restore. */
  paused: boolean;
  batchSize: number;
  windowSeconds: number;
  /** Batches at once, and with one connection each the connections to the database. */
  maxConcurrency: number;
}

export interface AwsSettings extends PipelineSettings {
  /** Ids of layer keys that were replaced: disabled, and kept for backups from before. A stack without one cannot get it back. */
  retiredMaskKeyIds: readonly string[];
  /** Termination and deletion protection, and what holds data or logs stays when its stack goes. */
  retained: boolean;
  network: {
    /** Availability zones with endpoints of their own, 1 or 2; each endpoint costs about 7 USD a month and zone. */
    endpointZones: number;
  };
  database: DatabaseSettings;
  /** What is expected to come: the synthesis says where the other settings do not carry it, `npx login-etl plan` what it costs. */
  traffic: {
    /** On an average day. */
    eventsPerSecond: number;
    /** The highest that lasts for minutes. */
    peakEventsPerSecond: number;
    /** Size of a message's body. */
    eventBytes: number;
  };
  maintenance: {
    /** Between two runs that prune the ledger, a divisor of 24. */
    everyHours: number;
    /** Rows that are older are erased, and what the vault has of nothing younger; null: none is for its age. */
    eraseAfterDays: number | null;
  };
  alarms: {
    /** Told of every alarm; each has to confirm by mail. */
    emails: string[];
    oldestMessageMinutes: number;
    /** Address of the page with the runbook, without an anchor; null: what GitHub Actions or the git remote say. */
    runbook: string | null;
  };
}

export interface DatabaseSettings {
  /**
   * Of Aurora PostgreSQL, `17.9`. Aurora takes minor releases by itself, and neither a cluster nor a snapshot of one goes
   * back: at least what `aws rds describe-db-clusters` says.
   */
  engineVersion: string;
  /** Aurora capacity units of 2 GiB; 0 lets it sleep. A login by token takes up to 1 GiB, so less than 1 is for trials. */
  minCapacity: number;
  maxCapacity: number;
  /** Instances besides the writer. None is needed to lose nothing: one shortens an outage, and takes the analysts' queries. */
  readers: number;
  backupDays: number;
  /**
   * ARN of a snapshot to begin from, null for an empty database. Once it was used it stays: another value, null too, makes
   * another database, beside which the one before stays.
   */
  snapshot: string | null;
  /** Whether the daily maintenance refreshes the materialized views for analysts; half a minute for ten million rows. */
  refreshViews: boolean;
  /** Connections left for migration, maintenance, analysts and AWS itself. */
  reservedConnections: number;
}

const QUEUE: QueueSettings = {
  name: 'login-queue',
  retentionDays: 7,
  deadLetterRetentionDays: 14,
  maxReceiveCount: MAX_RECEIVES,
  visibilityTimeoutSeconds: null,
  producers: [],
  customerKey: false,
};

const INGEST: IngestSettings = {
  memoryMb: 512,
  timeoutSeconds: 60,
  logRetentionDays: 30,
  paused: false,
  batchSize: 10_000,
  windowSeconds: 5,
  maxConcurrency: 10,
};

const PROD: AwsSettings = {
  stage: 'prod',
  queue: QUEUE,
  ingest: INGEST,
  maskKeyId: 'k1',
  adopted: false,
  nextMaskKeyId: null,
  promisedOutageMinutes: 60,
  recoveryVault: false,
  retiredMaskKeyIds: [],
  retained: true,
  network: { endpointZones: 2 },
  database: {
    engineVersion: '17.9',
    minCapacity: 1,
    maxCapacity: 8,
    readers: 0,
    backupDays: 14,
    snapshot: null,
    refreshViews: false,
    reservedConnections: 50,
  },
  traffic: { eventsPerSecond: 10, peakEventsPerSecond: 100, eventBytes: 600 },
  maintenance: { everyHours: 24, eraseAfterDays: null },
  alarms: { emails: [], oldestMessageMinutes: 15, runbook: null },
};

/** The same, as small as it gets, and gone without a trace when it is destroyed. */
const DEV: AwsSettings = {
  ...PROD,
  stage: 'dev',
  queue: { ...QUEUE, name: 'login-queue-dev' },
  ingest: { ...INGEST, logRetentionDays: 7, maxConcurrency: 2 },
  retained: false,
  network: { endpointZones: 1 },
  traffic: { eventsPerSecond: 0.1, peakEventsPerSecond: 10, eventBytes: 600 },
  database: { ...PROD.database, minCapacity: 0, maxCapacity: 1, backupDays: 1 },
};

/** Nobody at a terminal should wait minutes for a batch that failed as a whole, nor seconds for ten rows. */
export const LOCALSTACK: PipelineSettings = {
  stage: 'localstack',
  queue: { ...QUEUE, visibilityTimeoutSeconds: 30 },
  ingest: { ...INGEST, timeoutSeconds: 20, logRetentionDays: 1, windowSeconds: 1, maxConcurrency: 2 },
  maskKeyId: 'k1',
  adopted: false,
  nextMaskKeyId: null,
  recoveryVault: false,
  promisedOutageMinutes: 60,
};

export const AWS_STAGES: Readonly<Record<Exclude<Stage, 'localstack'>, AwsSettings>> = { dev: DEV, prod: PROD };
