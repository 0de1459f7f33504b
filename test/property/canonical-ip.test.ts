import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalIp, maskIp } from '../support/pseudonyms.ts';

/** An IPv6 address as eight numbers; an IPv4 one as the six first groups that map it. */
type Address = readonly number[];

interface Spelling {
  upperCase: boolean;
  padded: boolean;
  dottedTail: boolean;
  /** Which run of zeros becomes `::`, if any. */
  compressed: number;
  zone: string;
  around: readonly [string, string];
  /** What a proxy or a framework makes of it. */
  wrap: (text: string) => string;
}

const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 0xffff), fc.nat({ max: 0xffff }));
const groups = (length: number) => fc.array(group, { minLength: length, maxLength: length });
const mapped = groups(2)
  .filter((tail) => tail.some(Boolean))
  .map((tail): Address => [0, 0, 0, 0, 0, 0xffff, ...tail]);
/** The unspecified address is a placeholder, in both families. */
const isUnspecified = (address: Address) =>
  address.slice(6).join() === '0,0' && (isMapped(address) || !address.some(Boolean));
const address: fc.Arbitrary<Address> = fc.oneof(groups(8), mapped).filter((value) => !isUnspecified(value));
const space = fc.constantFrom('', ' ', '\t', '\r\n');
const spelling: fc.Arbitrary<Spelling> = fc.record({
  upperCase: fc.boolean(),
  padded: fc.boolean(),
  dottedTail: fc.boolean(),
  compressed: fc.nat({ max: 4 }),
  zone: fc.constantFrom('', '', '%eth0', '%1'),
  around: fc.tuple(space, space),
  wrap: fc.constantFrom<((text: string) => string)[]>(
    (text) => text,
    (text) => text,
    (text) => `${text}, 198.51.100.1`,
    (text) => `for=${text}`,
    (text) => `by=x;FOR="${text}";proto=http, for=198.51.100.1`,
    (text) => withPort(text),
    (text) => `for="${withPort(text)}"`,
    (text) => (text.includes(':') ? `[${text}]` : text),
  ),
});

function withPort(text: string): string {
  return text.includes(':') ? `[${text}]:443` : `${text}:65535`;
}

function dotted(tail: Address): string {
  return tail.flatMap((value) => [value >> 8, value & 0xff]).join('.');
}

function zeroRuns(address: Address): { start: number; end: number }[] {
  const runs = address.flatMap((_, start) =>
    address.slice(start).map((_, length) => ({ start, end: start + length + 1 })),
  );
  return runs.filter(({ start, end }) => address.slice(start, end).every((value) => value === 0));
}

function isMapped(address: Address): boolean {
  return dotted(address).startsWith('0.0.0.0.0.0.0.0.0.0.255.255.');
}

/** With a bare IPv4 address as one of the spellings of a mapped one. */
function spell(address: Address, how: Spelling): string {
  const [before, after] = how.around;
  if (isMapped(address) && how.compressed === 0 && how.padded)
    return before + how.wrap(dotted(address.slice(6))) + after;
  const hex = (value: number) => value.toString(16).padStart(how.padded ? 4 : 1, '0');
  const words = (part: Address) => part.map(hex).join(':');
  const head = how.dottedTail ? address.slice(0, 6) : address;
  const runs = zeroRuns(head);
  const run = runs[how.compressed % (runs.length + 1)];
  const compressed = run ? `${words(head.slice(0, run.start))}::${words(head.slice(run.end))}` : words(head);
  const joint = how.dottedTail && !compressed.endsWith(':') ? ':' : '';
  const text = compressed + joint + (how.dottedTail ? dotted(address.slice(6)) : '');
  return before + how.wrap((how.upperCase ? text.toUpperCase() : text) + how.zone) + after;
}

describe('an address', () => {
  test('has one canonical form, however it is spelled', () => {
    fc.assert(
      fc.property(address, spelling, spelling, (value, one, other) => {
        const canonical = canonicalIp(spell(value, one));
        expect(canonical).toEqual(canonicalIp(spell(value, other)));
        expect(canonical?.key).toBe('ip');
      }),
      { numRuns: 3_000 },
    );
  });

  test('has the form that the URL standard prints, unless it is a mapped one', () => {
    fc.assert(
      fc.property(
        address.filter((value) => !isMapped(value)),
        spelling,
        (value, how) => {
          const { hostname } = new URL(
            `http://[${spell(value, { ...how, zone: '', around: ['', ''], wrap: (text) => text })}]/`,
          );
          expect(`[${canonicalIp(spell(value, how))?.text}]`).toBe(hostname);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('that maps an IPv4 one has the form of that', () => {
    fc.assert(
      fc.property(mapped, spelling, (value, how) => {
        expect(canonicalIp(spell(value, how))).toEqual({ key: 'ip', text: dotted(value.slice(6)) });
      }),
    );
  });

  test('is its own canonical form afterwards', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        const once = canonicalIp(text);
        if (once?.key === 'ip') expect(canonicalIp(once.text)).toEqual(once);
      }),
    );
  });

  test('is recognised in every form of RFC 3986', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => canonicalIp(text)?.key !== 'ipText'));
  });
});

test('equal addresses, and only those, get equal pseudonyms', () => {
  const pair = fc.tuple(address, address, fc.nat({ max: 7 }), group).map(([one, two, at, value]) => {
    const near = one.with(at, value);
    return [one, at % 2 === 0 && !isUnspecified(near) ? near : two] as const;
  });
  fc.assert(
    fc.property(pair, spelling, spelling, ([one, other], how, otherwise) => {
      const masks = [maskIp(spell(one, how)), maskIp(spell(other, otherwise))];
      expect(masks[0] === masks[1]).toBe(one.join() === other.join());
    }),
    { numRuns: 3_000 },
  );
});

test('a leading zero makes an IPv4 address a text of its own', () => {
  const octet = fc.nat({ max: 255 });
  fc.assert(
    fc.property(fc.array(octet, { minLength: 4, maxLength: 4 }), fc.nat({ max: 3 }), (octets, at) => {
      const text = octets.map((value, i) => (i === at ? `0${value}` : `${value}`)).join('.');
      expect(canonicalIp(text)).toEqual({ key: 'ipText', text });
      expect(maskIp(text)).not.toBe(maskIp(octets.join('.')));
    }),
  );
});
