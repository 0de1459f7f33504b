import { deriveMaskKeys } from '../../../lambda/masking/mask-keys.ts';
import { createMasker, type Masker } from '../../../lambda/masking/masker.ts';
import { TEST_MASK_KEY } from '../../support/function.ts';
import { maskDeviceId, maskIp } from '../../support/pseudonyms.ts';
import { Random } from '../../support/random.ts';

export interface WorkloadOptions {
  seed: number;
  messages: number;
  /** The share of messages that can never become a row, from 0 to 1. */
  poison: number;
  /** Of those, the share that only the database refuses. */
  refused?: number | undefined;
  /** What the rows are masked with in the end. */
  masker?: Masker | undefined;
}

/** The messages of a run. Each follows from seed and number, so that a million of them need no memory. */
export interface Workload {
  messages: number;
  isValid(index: number): boolean;
  bodyOf(index: number): string;
  /** What a valid one becomes, column by column, as `ROW_CONTENT` in collect-history.ts reads it. */
  rowOf(index: number): readonly unknown[];
}

/** Begins every raw ip, as text and in the forms it is written in, and every device id: neither may be seen again. */
export const CANARY = /canary|2001:0?db8:c0de|c0de:/i;
/** The device type of rows that the database refuses by a trigger. */
export const REFUSED = 'refused';
const INDEX = /u-(\d+);/;
const LOCALES = ['RU', 'en_US', null, ''];
const VERSIONS = { '2.3.0': 2_003_000, '0.96': 96_000, '3.0.0': 3_000_000 } as const;
const MASKER = createMasker('k1', deriveMaskKeys(Buffer.from(TEST_MASK_KEY.replace('hex:', ''), 'hex')));

const POISONS: readonly ((event: Record<string, unknown>) => string)[] = [
  (event) => JSON.stringify(event).slice(0, -2),
  ({ ip: _, ...event }) => JSON.stringify(event),
  (event) => JSON.stringify({ ...event, device_id: [event.device_id] }),
  (event) => JSON.stringify({ ...event, app_version: [event.device_id] }),
  (event) => JSON.stringify([event]),
];

export function createWorkload({ seed, messages, poison, refused = 0.3, masker = MASKER }: WorkloadOptions): Workload {
  const randomOf = (index: number) => new Random(seed ^ Math.imul(index + 1, 0x9e3779b1));
  const draw = (index: number) => {
    const random = randomOf(index);
    const isPoison = random.chance(poison);
    return { isPoison, event: loginEvent(index, random), random };
  };
  return {
    messages,
    isValid: (index) => !randomOf(index).chance(poison),
    bodyOf(index) {
      const { isPoison, event, random } = draw(index);
      if (!isPoison) return JSON.stringify(event);
      if (random.chance(refused)) return JSON.stringify({ ...event, device_type: REFUSED });
      return random.pick(POISONS)(event);
    },
    rowOf(index) {
      const { user_id, device_type, ip, device_id, locale, app_version } = draw(index).event;
      const pseudonyms = [maskIp(ip, masker), maskDeviceId(device_id, masker)];
      return [user_id, device_type, ...pseudonyms, locale || null, VERSIONS[app_version]];
    },
  };
}

/** Which message a body is, or a row by its user id; null for none of the workload. */
export function indexOf(text: string): number | null {
  const index = INDEX.exec(text)?.[1];
  return index === undefined ? null : Number(index);
}

function loginEvent(index: number, random: Random) {
  const group = () => random.int(0, 65_535).toString(16);
  return {
    user_id: `u-${index};`,
    app_version: random.pick(Object.keys(VERSIONS) as (keyof typeof VERSIONS)[]),
    device_type: random.pick(['android', 'iOS']),
    ip: random.chance(0.1) ? null : `2001:db8:c0de:${group()}::${group()}`,
    locale: random.pick(LOCALES),
    device_id: random.chance(0.1) ? null : `canary-${group()}-${index}`,
  };
}
