import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Bucket, PeriodCount, Unit } from '../../../lambda/jobs/report/facts.ts';
import { compact, count, percent, usersOf } from './format.ts';
import { Html } from './html.ts';

/** Plot draws into a DOM; this one is a few objects in memory. */
const { document } = parseHTML('<!doctype html><html></html>');
/** Names of the style's variables, so that a picture follows light and dark. */
export const COLOURS = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)'];
export const REST_COLOUR = 'var(--rest)';
const [BLUE = ''] = COLOURS;
const WIDE = 960;
const NARROW = 420;
const ROW = 23;
/** At 12 px. */
const PX_PER_DIGIT = 7.2;
const MOST_NAME_WIDTH = 23;
const FEW_DAYS = 7;
/** Anything thinner cannot be seen. */
const GAP = 0.5;

/** One picture with one name; the numbers stand beside it as a table. */
function svg(label: string, options: Plot.PlotOptions): Html {
  const figure = Plot.plot({
    ...options,
    document: document as never,
    className: 'plot',
    ariaLabel: label,
  });
  figure.setAttribute('role', 'img');
  // Its rules are in the page's own style, which is the only one that the page's policy lets in.
  figure.querySelector('style')?.remove();
  // ARIA allows no name on a plain group.
  for (const group of figure.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
  return new Html(figure.outerHTML);
}

export interface Bar {
  name: string;
  logins: number;
  /** Stands for several names, and could be longer than the bar of any of them. */
  isRest?: boolean;
}

/** Bars from zero with their numbers, in the order given. */
export function bars(label: string, data: readonly Bar[], total: number): Html {
  const text = ({ logins }: Bar) => `${count(logins)} · ${percent(logins, total)}`;
  const names = data.map(({ name }) => cut(name));
  // Identified by place: two names that are cut may look alike.
  const place = (_: Bar, i: number) => i;
  return svg(label, {
    width: NARROW,
    height: data.length * ROW + 8,
    marginLeft: 14 + room(names),
    marginRight: 10 + room(data.map(text)),
    marginTop: 4,
    marginBottom: 4,
    x: { axis: null, domain: [0, Math.max(1, ...data.map(({ logins }) => logins))] },
    y: { type: 'band', domain: data.map(place), padding: 0.22 },
    marks: [
      Plot.axisY({ label: null, tickSize: 0, tickFormat: (i: number) => names[i] ?? '' }),
      Plot.barX(data, {
        x: 'logins',
        y: place,
        fill: (bar: Bar) => (bar.isRest ? REST_COLOUR : BLUE),
        title: (bar: Bar) => `${bar.name}: ${text(bar)}`,
      }),
      Plot.text(data, { x: 'logins', y: place, text, textAnchor: 'start', dx: 5 }),
      Plot.ruleX([0]),
    ],
  });
}

export interface Period extends Pick<PeriodCount, 'day' | 'logins'> {
  device: string;
}

/** @param devices in the order of their colours, those of COLOURS and then the one of the rest */
export function loginsOverTime(data: readonly Period[], unit: Unit, devices: readonly Colour[]): Html {
  const color = { domain: devices.map(({ name }) => name), range: devices.map(({ colour }) => colour) };
  const order = color.domain;
  const label = `Logins by ${unit} and device type`;
  const title = ({ day, device, logins }: Period) => `${day}, ${device}: ${count(logins)}`;
  const starts = [...new Set(data.map(({ day }) => day))];
  // A bar for each day where there are few: a time axis would draw them as wide as the page.
  if (unit === 'day' && starts.length <= FEW_DAYS) {
    const totals = starts.map((day) => ({ day, logins: sum(data.filter((period) => period.day === day)) }));
    return svg(label, {
      width: WIDE,
      height: starts.length * (ROW + 4) + 8,
      marginLeft: 84,
      marginRight: 12 + room(totals.map(({ logins }) => count(logins))),
      marginTop: 4,
      marginBottom: 4,
      color,
      x: { axis: null },
      y: { type: 'band', domain: starts, label: null, tickSize: 0, padding: 0.22 },
      marks: [
        Plot.barX(data, { x: 'logins', y: 'day', fill: 'device', order, title, insetRight: GAP }),
        Plot.text(totals, { x: 'logins', y: 'day', text: ({ logins }) => count(logins), textAnchor: 'start', dx: 5 }),
        Plot.ruleX([0]),
      ],
    });
  }
  const dated = data.map((period) => ({ ...period, at: new Date(period.day) }));
  return svg(label, {
    width: WIDE,
    height: 270,
    marginLeft: 56,
    marginRight: 8,
    marginTop: 12,
    marginBottom: 38,
    color,
    x: { type: 'utc', label: null },
    y: { grid: true, label: null, ticks: 5, nice: true, zero: true, tickSize: 0, tickFormat: compact },
    marks: [
      Plot.rectY(dated, { x: 'at', interval: unit, y: 'logins', fill: 'device', order, title, insetTop: GAP }),
      Plot.ruleY([0]),
    ],
  });
}

export interface Colour {
  name: string;
  colour: string;
}

/** Dots, not bars: on a logarithmic scale a bar has no zero to begin at, and its length would say nothing. */
export function usersPer(label: string, histogram: readonly Bucket[]): Html {
  const data = histogram.map((bucket) => ({ ...bucket, users: usersOf(bucket) }));
  const digits = Math.ceil(Math.log10(Math.max(10, ...data.map(({ pseudonyms }) => pseudonyms))));
  const powers = Array.from({ length: digits + 1 }, (_, i) => 10 ** i);
  return svg(label, {
    width: NARROW,
    height: data.length * (ROW + 3) + 46,
    marginLeft: 14 + room(data.map(({ users }) => users)),
    marginRight: 16 + room(data.map(({ pseudonyms }) => count(pseudonyms))),
    marginTop: 6,
    marginBottom: 30,
    x: { type: 'log', grid: true, label: null, ticks: powers, tickFormat: compact, domain: [1, 10 ** digits] },
    y: { type: 'point', domain: data.map(({ users }) => users), label: null, tickSize: 0 },
    marks: [
      Plot.dot(
        data.filter(({ pseudonyms }) => pseudonyms > 0),
        {
          x: 'pseudonyms',
          y: 'users',
          r: 4.5,
          fill: BLUE,
          title: (d) => `${d.users}: ${count(d.pseudonyms)}, with ${count(d.logins)} logins`,
        },
      ),
      // No dot for none: zero has no place on this scale.
      Plot.text(data, {
        x: (d) => d.pseudonyms || 1,
        y: 'users',
        text: (d) => count(d.pseudonyms),
        textAnchor: 'start',
        dx: 9,
      }),
    ],
  });
}

/** The reader's font is unknown: these widths are those of DejaVu Sans, one of the widest, in its digits. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    if (/[iljtfrI.,:;'|!() ·]/.test(character)) width += 0.65;
    else if (/[WMmw@%<>=+~…]/.test(character)) width += 1.65;
    else if (/[\u2e80-\uffff]|[^\0-\uffff]/u.test(character)) width += 2;
    else width += /[A-Z0-9&#_–]/.test(character) ? 1.15 : 1.05;
  }
  return width;
}

function cut(name: string): string {
  if (widthOf(name) <= MOST_NAME_WIDTH) return name;
  let kept = '';
  for (const character of name) {
    if (widthOf(`${kept}${character}…`) > MOST_NAME_WIDTH) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Pixels of the longest. */
function room(texts: readonly string[]): number {
  return PX_PER_DIGIT * Math.max(3, ...texts.map(widthOf));
}

function sum(counts: readonly { logins: number }[]): number {
  return counts.reduce((total, { logins }) => total + logins, 0);
}
