import type { PipelineSettings } from '../../../infra/settings/settings.ts';
import { Random } from '../random.ts';
import { ringing, type TemplateAlarm } from './cloudwatch.ts';
import { deliver, type Outcome } from './deliveries.ts';
import { emptySignals, type Signals } from './series.ts';
import { sending } from './simulate.ts';

const DAY = 86_400;
const WEEK_MINUTES = 7 * 24 * 60;
/** A run of the maintenance deletes for at most ten minutes (lambda/maintain-handler.ts). */
const PRUNING_MINUTES = 10;

/** A stage where nothing is wrong beyond everyday life. */
export interface Everyday {
  name: string;
  stage: 'dev' | 'prod';
  /** Between two messages; infinite for none at all. */
  everySeconds: number;
  /** Once a day, how long the database cannot be reached: a failover, a restart. */
  outageSeconds: number;
  /** It sleeps between two messages; how long it takes to wake: about 15 s, after a day and more 30 s and above. */
  wakesInSeconds?: number;
}

export const EVERYDAY: readonly Everyday[] = [
  { name: 'a week without a message', stage: 'prod', everySeconds: Number.POSITIVE_INFINITY, outageSeconds: 0 },
  { name: 'a week with a message an hour', stage: 'prod', everySeconds: 3_600, outageSeconds: 300 },
  { name: 'a week with a message every ten seconds', stage: 'prod', everySeconds: 10, outageSeconds: 300 },
  { name: 'dev, woken every 40 minutes', stage: 'dev', everySeconds: 2_400, outageSeconds: 0, wakesInSeconds: 15 },
  { name: 'dev, woken every other day', stage: 'dev', everySeconds: 2 * DAY, outageSeconds: 0, wakesInSeconds: 45 },
];

/** @returns the alarms that rang */
export function runEveryday(
  settings: PipelineSettings,
  alarms: readonly TemplateAlarm[],
  { everySeconds, outageSeconds, wakesInSeconds = 0 }: Everyday,
  seed: number,
  extraPeriods: number,
): string[] {
  const random = new Random(seed);
  const draw = () => random.next();
  const signals = emptySignals(WEEK_MINUTES);
  const sentAt = everySeconds === Number.POSITIVE_INFINITY ? [] : sending(everySeconds, signals, draw);
  const outageAt = DAY * random.next();
  const crashAt = DAY * random.next();
  const outcome = (second: number, sent: number): Outcome => {
    const ofDay = second % DAY;
    if (ofDay >= outageAt && ofDay < outageAt + outageSeconds) return 'retried';
    if (ofDay >= crashAt && ofDay < crashAt + 5) return 'failed';
    return wakesInSeconds > 0 && second < sent + wakesInSeconds ? 'retried' : 'stored';
  };
  deliver(settings, { sentAt, outcome }, signals, draw);
  maintain(signals, DAY * random.next(), wakesInSeconds > 0);
  return alarms.filter((alarm) => ringing(alarm, signals, extraPeriods).includes(true)).map(({ name }) => name);
}

/** Every day the ledger is pruned; a database that sleeps makes the first try fail. */
function maintain({ Cpu, MaintenanceErrors }: Signals, firstAt: number, sleeps: boolean): void {
  for (let at = firstAt; at < WEEK_MINUTES * 60; at += DAY) {
    MaintenanceErrors.add(at, sleeps ? 1 : 0);
    if (sleeps) MaintenanceErrors.add(at + 60, 0);
    for (let minute = 0; minute < PRUNING_MINUTES; minute++) Cpu.add(at + minute * 60, 100);
    for (let minute = PRUNING_MINUTES; minute < 60; minute++) Cpu.add(at + minute * 60, 10);
  }
}
