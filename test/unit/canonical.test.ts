import { describe, expect, test } from 'vitest';
import { canonicalDeviceId, canonicalIp } from '../../lambda/masking/canonical.ts';

function address(value: string) {
  return { key: 'ip', text: value };
}

const textInIp = (text: string) => ({ key: 'ipText', text });
const deviceId = (raw: string) => canonicalDeviceId(raw)?.text;

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
    expect(canonicalIp(text)).toEqual(address(canonical));
  });

  test.for(['fe80::1%eth0', 'FE80::0001%en-1.5', 'fe80::1'])('%s has no zone', (text) => {
    expect(canonicalIp(text)).toEqual(address('fe80::1'));
  });
});

describe('IPv4', () => {
  test.for(['192.0.2.1', '0.0.0.0', '255.255.255.255'])('%s stays as it is', (text) => {
    expect(canonicalIp(text)).toEqual(address(text));
  });

  test.for(['::ffff:192.0.2.1', '::FFFF:C000:201', '0:0:0:0:0:ffff:c000:0201', '::ffff:192.0.2.1%eth0'])(
    '%s is the mapped 192.0.2.1',
    (text) => {
      expect(canonicalIp(text)).toEqual(address('192.0.2.1'));
    },
  );

  test.for([
    ['::fffe:192.0.2.1', '::fffe:c000:201'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
    ['1::ffff:192.0.2.1', '1::ffff:c000:201'],
  ] as const)('%s is not mapped', ([text, canonical]) => {
    expect(canonicalIp(text)).toEqual(address(canonical));
  });
});

describe('text that is no address', () => {
  test.for([
    '010.0.0.1',
    '::ffff:010.0.0.1',
    '192.168.1',
    '3221225985',
    '0x7f.0.0.1',
    '256.0.0.1',
    '192.0.2.1:443',
    '[2001:db8::1]',
    '2001:db8::1/64',
    '192.0.2.1, 198.51.100.2',
    '1::2::3',
    '2001:db8:0:0:0:0:0:0:1',
    'unknown',
    'Unknown',
    '\u00a0192.0.2.1',
    '１９２.0.2.1',
  ])('%s stays as it is', (text) => {
    expect(canonicalIp(text)).toEqual(textInIp(text));
  });
});

describe('white space around an ip', () => {
  test('is trimmed', () => {
    expect(canonicalIp(' \t\n\v\f\r192.0.2.1\r\n')).toEqual(address('192.0.2.1'));
    expect(canonicalIp('\n2001:DB8::1 ')).toEqual(address('2001:db8::1'));
    expect(canonicalIp(' not known ')).toEqual(textInIp('not known'));
  });

  test.for(['', ' ', '\t\r\n \v\f'])('%j is nothing', (text) => {
    expect(canonicalIp(text)).toBeNull();
  });

  test('is told from letters', () => {
    expect(canonicalIp('v V192.0.2.1V v')).toEqual(textInIp('v V192.0.2.1V v'));
  });

  test('may be as much as a message holds, inside or around, and takes no time', () => {
    const spaces = ' '.repeat(1_000_000);
    // Compared as a whole: what prints the difference of two such texts takes minutes.
    expect(canonicalIp(`x${spaces}x`)?.text === `x${spaces}x`).toBe(true);
    expect(canonicalIp(`${spaces}192.0.2.1${spaces}`)).toEqual(address('192.0.2.1'));
    expect(canonicalIp(spaces)).toBeNull();
  });
});

describe('a device id', () => {
  test('is one in NFC and NFD', () => {
    expect(deviceId('Cafe\u0301')).toBe('Caf\u00e9');
    expect(deviceId('Caf\u00e9')).toBe('Caf\u00e9');
  });

  test.for([' 593-47-5928', '593-47-5928\n', 'ABC', 'abc', ' ', '\ufb01', '\uff11'])('%j stays as it is', (text) => {
    expect(canonicalDeviceId(text)).toEqual({ key: 'deviceId', text });
  });

  test('is put in order up to thirty marks on a letter, wherever that stands', () => {
    const marks = '\u0301\u0316'.repeat(15);
    const ordered = '\u0316'.repeat(15) + '\u0301'.repeat(15);
    expect(deviceId(`x${marks}q${marks}`)).toBe(`x${ordered}q${ordered}`);
    expect(deviceId(`x${marks}\u0301`)).toBe(`x${marks}\u0301`);
  });

  test('may be as many marks as a message holds, and takes no time', () => {
    const marks = '\u0301'.repeat(250_000) + '\u0316'.repeat(250_000);
    expect(deviceId(`x${marks}`) === `x${marks}`).toBe(true);
  });

  test('that is empty is nothing', () => {
    expect(canonicalDeviceId('')).toBeNull();
  });
});
