import { describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../lambda/message/fields/canonical-ip.ts';
import { readIp } from '../../lambda/message/fields/ip.ts';
import { IP_PLACEHOLDERS } from '../../lambda/message/fields/placeholders.ts';
import { canonicalIp, readValue } from '../support/pseudonyms.ts';

const read = (text: string) => readValue(readIp, text);
const address = (text: string, ...changes: string[]) => ({ value: { key: 'ip', text }, changes });
const asText = (text: string) => ({ value: { key: 'ipText', text }, changes: ['ip_text'] });
const PLACEHOLDER = { value: null, changes: ['placeholder_ip'] };
const NOTHING = { value: null, changes: [] };

describe('IPv6 as RFC 5952 section 4 prints it', () => {
  test.for([
    ['4.1: no leading zeros', '2001:0db8::0001', '2001:db8::1'],
    ['4.1: a group of zeros is one zero', '2001:db8:0000:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['4.2.1: as short as possible', '2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['4.2.1: :: takes all of its zeros', '2001:db8::0:1', '2001:db8::1'],
    ['4.2.2: :: not for one group', '2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['4.2.3: :: for the longest run', '2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['4.2.3: :: for the first of equal runs', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['4.3: lower case', '2001:DB8:A:B:C:D:E:F', '2001:db8:a:b:c:d:e:f'],
    ['all zeros', '0:0:0:0:0:0:0:0', '::'],
    ['the loopback', '0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['zeros at the end', '2001:db8:0:0:0:0:0:0', '2001:db8::'],
    ['one zero at the end', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['one zero at the start', '::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['no zeros', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['a dotted tail', '2001:db8::192.0.2.33', '2001:db8::c000:221'],
    ['an IPv4-compatible address', '::192.0.2.33', '::c000:221'],
    ['NAT64', '64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as const)('%s: %s is %s', ([, text, canonical]) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  test.for(['fe80::1%eth0', 'FE80::0001%en-1.5', 'fe80::1'])('%s has no zone', (text) => {
    expect(read(text)).toEqual(address('fe80::1'));
  });
});

describe('IPv4', () => {
  test.for(['192.0.2.1', '127.0.0.1', '10.0.0.1', '255.255.255.255'])('%s stays as it is', (text) => {
    expect(read(text)).toEqual(address(text));
  });

  test.for(['::ffff:192.0.2.1', '::FFFF:C000:201', '0:0:0:0:0:ffff:c000:0201', '::ffff:192.0.2.1%eth0'])(
    '%s is the mapped 192.0.2.1',
    (text) => {
      expect(read(text)).toEqual(address('192.0.2.1'));
    },
  );

  test.for([
    ['::fffe:192.0.2.1', '::fffe:c000:201'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
    ['1::ffff:192.0.2.1', '1::ffff:c000:201'],
  ] as const)('%s is not mapped', ([text, canonical]) => {
    expect(read(text)).toEqual(address(canonical));
  });
});

describe('text that is not an address', () => {
  test.for([
    '010.0.0.1',
    '::ffff:010.0.0.1',
    '192.168.1',
    '3221225985',
    '0x7f.0.0.1',
    '256.0.0.1',
    '2001:db8::1/64',
    '1::2::3',
    '2001:db8:0:0:0:0:0:0:1',
    '\u00a0192.0.2.1',
    '１９２.0.2.1',
  ])('%s stays as it is', (text) => {
    expect(read(text)).toEqual(asText(text));
  });
});

describe('white space around an ip', () => {
  test('is trimmed, and not counted', () => {
    expect(read(' \t\n\v\f\r192.0.2.1\r\n')).toEqual(address('192.0.2.1'));
    expect(read('\n2001:DB8::1 ')).toEqual(address('2001:db8::1'));
    expect(read(' not known ')).toEqual(asText('not known'));
  });

  test.for(['', ' ', '\t\r\n \v\f'])('%j is nothing, and not counted', (text) => {
    expect(read(text)).toEqual(NOTHING);
  });

  test('is told from letters', () => {
    expect(read('v V192.0.2.1V v')).toEqual(asText('v V192.0.2.1V v'));
  });

  test('may be as much as a message holds, inside or around, and is still quick', () => {
    const spaces = ' '.repeat(1_000_000);
    // Compared as a whole: what prints the difference of two such texts takes minutes.
    expect(canonicalIp(`x${spaces}x`)?.text === `x${spaces}x`).toBe(true);
    expect(read(`${spaces}192.0.2.1${spaces}`)).toEqual(address('192.0.2.1'));
    expect(read(`by=x;${spaces}for=192.0.2.1${spaces};`)).toEqual(address('192.0.2.1', 'ip_list'));
    expect(read(spaces)).toEqual(NOTHING);
  });
});

describe('a port and brackets', () => {
  test.for([
    ['192.0.2.1:443', '192.0.2.1'],
    ['192.0.2.1:0', '192.0.2.1'],
    ['192.0.2.1:00080', '192.0.2.1'],
    ['192.0.2.1:65535', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:DB8:0::1]:443', '2001:db8::1'],
    ['[2001:db8::1]:65535', '2001:db8::1'],
    ['[fe80::1%eth0]:443', 'fe80::1'],
    ['[::ffff:192.0.2.1]:443', '192.0.2.1'],
  ] as const)('%s give the address', ([text, canonical]) => {
    expect(read(text)).toEqual(address(canonical, 'ip_port'));
  });

  test.for([
    '192.0.2.1:65536',
    'x192.0.2.1:80',
    'x[2001:db8::1]:80',
    '192.0.2.1:',
    '192.0.2.1:000080',
    '192.0.2.1:+80',
    '192.0.2.1: 80',
    '192.0.2.1:80:80',
    '010.0.0.1:80',
    '256.0.0.1:80',
    '[192.0.2.1]',
    '[192.0.2.1]:443',
    '[2001:db8::1]:65536',
    '[2001:db8::1]:',
    '[2001:db8::1]443',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '[[2001:db8::1]]',
    '[]',
    'localhost:443',
  ])('%s is text', (text) => {
    expect(read(text)).toEqual(asText(text));
  });

  test('of an IPv6 address without brackets cannot be told from a longer address', () => {
    expect(read('2001:db8::1:443')).toEqual(address('2001:db8::1:443'));
    expect(read('2001:db8:0:0:0:0:0:1:443')).toEqual(asText('2001:db8:0:0:0:0:0:1:443'));
  });
});

describe('a list', () => {
  test.for([
    ['192.0.2.1, 198.51.100.2', '192.0.2.1'],
    ['192.0.2.1,198.51.100.2,203.0.113.3', '192.0.2.1'],
    ['192.0.2.1 ,', '192.0.2.1'],
    ['2001:DB8::1, 192.0.2.1', '2001:db8::1'],
    ['for=192.0.2.1', '192.0.2.1'],
    ['For=192.0.2.1;proto=https;by=203.0.113.43', '192.0.2.1'],
    ['proto=http;FOR=192.0.2.1', '192.0.2.1'],
    ['proto=http; for=192.0.2.1 ;by=x', '192.0.2.1'],
    ['proto=http;\t\n\v\f\r for=192.0.2.1', '192.0.2.1'],
    ['for="192.0.2.1"', '192.0.2.1'],
    ['for= 192.0.2.1', '192.0.2.1'],
    ['for=192.0.2.1, for=198.51.100.17', '192.0.2.1'],
  ] as const)('%s gives its first address', ([text, canonical]) => {
    expect(read(text)).toEqual(address(canonical, 'ip_list'));
  });

  test.for([
    ['192.0.2.1:443, 198.51.100.2', '192.0.2.1'],
    ['for="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['for=[2001:db8::1], for=192.0.2.1', '2001:db8::1'],
  ] as const)('%s has a port or brackets as well', ([text, canonical]) => {
    expect(read(text)).toEqual(address(canonical, 'ip_list', 'ip_port'));
  });

  test.for([
    ', 192.0.2.1',
    'client, 192.0.2.1',
    'for =192.0.2.1',
    'xfor=192.0.2.1',
    'for=_hidden',
    'for=',
    'for=""192.0.2.1""',
    'for=""192.0.2.1',
    'for=192.0.2.1""',
    "for='192.0.2.1'",
    '192.0.2.1;for',
    '192.0.2.1 198.51.100.2',
  ])('%s is text as a whole', (text) => {
    expect(read(text)).toEqual(asText(text));
  });
});

describe('a placeholder', () => {
  const titleCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

  test('is one of these', () => {
    expect([...IP_PLACEHOLDERS].sort()).toEqual(
      [
        'unknown',
        '-',
        'null',
        '(null)',
        'none',
        'nil',
        'nan',
        'undefined',
        'n/a',
        'na',
        '$remote',
        'aws internal',
      ].sort(),
    );
  });

  test.for(IP_PLACEHOLDERS)('%s is null, however it is written', (text) => {
    for (const spelling of [text, text.toUpperCase(), titleCase(text), ` ${text}\n`]) {
      expect(read(spelling)).toEqual(PLACEHOLDER);
    }
    expect(read(`${text}, 192.0.2.1`)).toEqual(PLACEHOLDER);
    expect(read(`for="${text}";proto=http`)).toEqual(PLACEHOLDER);
  });

  test.for([
    '0.0.0.0',
    '::',
    '0:0:0:0:0:0:0:0',
    '0000::0',
    '::0.0.0.0',
    '::ffff:0.0.0.0',
    '::%eth0',
    '0.0.0.0:0',
    '[::]:80',
    '0.0.0.0, 192.0.2.1',
    'for="[::]"',
  ])('%s is the unspecified address', (text) => {
    expect(read(text)).toEqual(PLACEHOLDER);
  });

  test.for(['127.0.0.1', '::1', '10.0.0.1', '192.168.0.1', 'fe80::1', '169.254.0.1'])('%s is not', (text) => {
    expect(read(text)).toEqual(address(text));
  });

  test.for(['unknown user', 'un\u212anown', 'n / a', '--', '00.0.0.0', '0', 'nulL\u00a0'])('%j is text', (text) => {
    expect(read(text)).toEqual(asText(text));
  });
});
