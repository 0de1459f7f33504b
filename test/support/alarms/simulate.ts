import type { PipelineSettings } from '../../../infra/settings/settings.ts';
import { Random } from '../random.ts';
import { EXTRA_PERIODS, ringing, type TemplateAlarm } from './cloudwatch.ts';
import { deliver, type Traffic } from './deliveries.ts';
import type { Failure, TrafficName } from './failures.ts';
import { emptySignals, type Signals } from './series.ts';

/** Seconds between two messages. */
const EVERY: Readonly<Record<TrafficName, number>> = { dense: 1, sparse: 3_600 };
/** A time when all is well, so that alarms begin with the data points of a healthy stage. */
const LEAD_MINUTES = 180;
const FAILURE_MINUTES = 150;
/** "A delay of up to 15 minutes occurs when a queue is activated from an inactive state" (SQS developer guide). */
const QUEUE_WAKES_SECONDS = 15 * 60;

export interface Run {
  /** Minutes from the first message that suffers until the alarm rings, for each that does. */
  rangAfter: Record<string, number>;
  /** For how many minutes each was silent again while the failure lasted. */
  silentFor: Record<string, number>;
  /** Minutes from the first message that suffers until the first one dies. */
  diedAfter: number | undefined;
}

export function runFailure(
  settings: PipelineSettings,
  alarms: readonly TemplateAlarm[],
  failure: Failure,
  traffic: TrafficName,
  seed: number,
): Run {
  const draws = new Random(seed);
  const random = () => draws.next();
  const signals = emptySignals(LEAD_MINUTES + FAILURE_MINUTES);
  const start = LEAD_MINUTES * 60 + Math.floor(600 * random());
  const sentAt = sending(EVERY[traffic], signals, random);
  const first = failure.beside ? start : (sentAt.find((second) => second >= start) ?? start);
  const died = deliver(settings, suffering(failure, sentAt, start), signals, random);
  failure.beside?.(signals, start);
  showDeadLetters(signals, died, QUEUE_WAKES_SECONDS * random());
  const after = (second: number) => (second - first) / 60;
  const extra = EXTRA_PERIODS[seed % EXTRA_PERIODS.length] ?? 0;
  const run: Run = { rangAfter: {}, silentFor: {}, diedAfter: died[0] === undefined ? undefined : after(died[0]) };
  for (const alarm of alarms) {
    const states = ringing(alarm, signals, extra);
    const rang = states.indexOf(true);
    if (rang < 0) continue;
    run.rangAfter[alarm.name] = after((rang + 1) * 60);
    const lasting = states.slice(rang, Math.floor(first / 60 + (failure.lastsMinutes ?? FAILURE_MINUTES)));
    run.silentFor[alarm.name] = lasting.filter((rings) => !rings).length;
  }
  return run;
}

export function sending(everySeconds: number, signals: Signals, random: () => number): number[] {
  const offset = everySeconds * random();
  const count = Math.ceil((signals.Errors.minutes * 60 - offset) / everySeconds);
  return Array.from({ length: count }, (_, i) => offset + i * everySeconds);
}

function suffering(
  { outcome = 'stored', onlyOne, untaken }: Failure,
  sentAt: readonly number[],
  start: number,
): Traffic {
  const victim = sentAt.find((second) => second >= start);
  return {
    sentAt,
    outcome: (second, sent) => (second >= start && (!onlyOne || sent === victim) ? outcome : 'stored'),
    untaken: (sent) => (untaken && sent >= start ? untaken(sent - start) : 0),
  };
}

/** From the moment when SQS tells of them until the end: nobody deletes them. */
function showDeadLetters({ DeadLetters }: Signals, died: number[], delaySeconds: number): void {
  died.sort((a, b) => a - b);
  const [first] = died;
  if (first === undefined) return;
  let count = 0;
  for (let minute = Math.floor(first / 60); minute < DeadLetters.minutes; minute++) {
    while ((died[count] ?? Number.POSITIVE_INFINITY) < (minute + 1) * 60) count++;
    if (minute * 60 >= first + delaySeconds) DeadLetters.add(minute * 60, count);
  }
}
