import type { AwsSettings } from '../settings/settings.ts';
import { carriedAtMost } from './carry.ts';
import { type Dollars, dollars } from './dollars.ts';
import { type Forecast, forecast, type Load } from './forecast.ts';
import { type Limit, limits } from './limits.ts';
import type { Expected } from './report.ts';

export interface Figures {
  steady: Load & Forecast;
  peak: Load & Forecast;
  /** USD. */
  dollarsPerMonth: Dollars;
  /** The nearest first. */
  limits: Limit[];
  /** What the settings carry at most, and the limit that is met then. */
  carried: { eventsPerSecond: number; next: Limit };
}

/** What a stage needs and costs under the expected traffic, for programs. */
export function planFigures(settings: AwsSettings, { steady, peak, sentAtOnce }: Expected): Figures {
  const at = (load: Load) => ({ ...load, ...forecast(settings, load) });
  const { eventsPerSecond, next } = carriedAtMost(settings, peak.eventBytes);
  return {
    steady: at(steady),
    peak: at(peak),
    dollarsPerMonth: dollars(settings, steady, sentAtOnce),
    limits: limits(settings, peak, steady),
    carried: { eventsPerSecond, next },
  };
}
