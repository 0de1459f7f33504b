import type { AwsSettings } from '../settings/settings.ts';
import { BUSY, FIRST_POLLERS, HOURS_PER_MONTH, PRICES, SECONDS_PER_DAY, VCPUS_PER_UNIT } from './aws.ts';
import { databaseVcpus, type Forecast, forecast, type Load } from './forecast.ts';
import { MEASURED } from './measured.ts';

const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;
/** Messages of one SQS request. */
const PER_REQUEST = 10;
/** What the function logs for a batch, and what Lambda adds. Assumed. */
const LOG_BYTES_PER_BATCH = 1_500;
const IO_BYTES = 4_096;
/** Numbers of alarms, custom metrics, endpoints and keys in infra/constructs. */
const ALARMS = 8;
const METRICS = 13;
const ENDPOINTS = 2;
const KEYS = 3;
const LONG_POLLS_PER_HOUR = 180;

export interface Dollars {
  /** A month, whatever comes. */
  standing: number;
  /** A month, for capacity above the minimum. */
  capacity: number;
  sending: number;
  queue: number;
  function: number;
  /** WAL and one month's growth of the tables. */
  storage: number;
  total: number;
}

/** How many capacity units the database needs for a load, its minimum at least. */
export function unitsFor(settings: AwsSettings, at: Forecast): number {
  const needed = (at.databaseBusy * databaseVcpus(settings)) / BUSY / VCPUS_PER_UNIT;
  return Math.min(settings.database.maxCapacity, Math.max(settings.database.minCapacity, Math.ceil(needed * 2) / 2));
}

/**
 * USD a month under a steady load.
 *
 * @param sentAtOnce messages per call of the producers, 1 to 10
 */
export function dollars(settings: AwsSettings, load: Load, sentAtOnce = 1): Dollars {
  const at = forecast(settings, load);
  const perMonth = SECONDS_PER_DAY * DAYS_PER_MONTH;
  const [events, batches] = [load.eventsPerSecond * perMonth, at.batchesPerSecond * perMonth];
  const { minCapacity, readers } = settings.database;
  const instances = 1 + readers;
  const unitMonth = PRICES.unitHour * HOURS_PER_MONTH * instances;
  const gbSeconds = (batches * at.functionMs * settings.ingest.memoryMb) / 1_000 / 1_024;
  const grownGb = (events * (MEASURED.rowBytes + MEASURED.ledgerBytes)) / 1e9;
  const parts = {
    standing: minCapacity * unitMonth + standing(settings),
    capacity: (unitsFor(settings, at) - minCapacity) * unitMonth,
    sending: (events / sentAtOnce) * PRICES.sqsRequest,
    queue: (2 * events * PRICES.sqsRequest) / Math.min(PER_REQUEST, Math.max(1, at.eventsPerBatch)),
    function:
      gbSeconds * PRICES.lambdaGbSecond + batches * (PRICES.lambdaRequest + (LOG_BYTES_PER_BATCH / 1e9) * PRICES.logGb),
    storage: ((at.walBytesPerSecond * perMonth) / IO_BYTES) * PRICES.auroraIo + grownGb * PRICES.storageGbMonth,
  };
  return { ...parts, total: Object.values(parts).reduce((a, b) => a + b, 0) };
}

function standing({ network, queue }: AwsSettings): number {
  const polls = FIRST_POLLERS * LONG_POLLS_PER_HOUR * HOURS_PER_MONTH;
  return (
    ENDPOINTS * network.endpointZones * PRICES.endpointZoneHour * HOURS_PER_MONTH +
    PRICES.dashboardMonth +
    METRICS * PRICES.metricMonth +
    ALARMS * PRICES.alarmMonth +
    (KEYS + (queue.customerKey ? 1 : 0)) * PRICES.keyMonth +
    polls * PRICES.sqsRequest
  );
}
