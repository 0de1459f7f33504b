import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openValue, unwrap } from '../../lambda/masking/vault/open.ts';
import { encrypt, seal } from '../../lambda/masking/vault/seal.ts';
import { keyName, toVaultKey } from '../../lambda/masking/vault/vault-key.ts';
import { countingKey } from '../support/pseudonyms.ts';
import { VAULT_KEYS } from '../support/vault.ts';

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;
const DATA_KEY = Buffer.from(countingKey(0x60));
const VECTORS = [
  ['199.172.111.135', '480f36cd8cc93e26084dd64b315e9ab6'],
  ['593-47-5928', '3339d3f784e97fa54b5763e051eaeffe'],
  ['2001:db8::1', 'b49871159d99267c5a4a7665b1959b72'],
] as const;
const TEXTS = VECTORS.map(([text]) => text);

describe('the published vectors', () => {
  test('are what sealing gives', () => {
    const sealed = encrypt(TEXTS, DATA_KEY).map(({ seq, bytes }) => [seq, bytes.toString('hex')]);
    expect(sealed).toEqual(VECTORS.map(([, hex], seq) => [seq, hex]));
  });

  test.each(VECTORS.map(([text, hex], seq) => [text, hex, seq] as const))('open as %s', (text, hex, seq) => {
    expect(openValue(DATA_KEY, seq, Buffer.from(hex, 'hex'))).toBe(text);
  });
});

describe('a value', () => {
  test.each(['', 'x'.repeat(15), 'x'.repeat(16), 'x'.repeat(17), 'Łódź-😀', '\u0080', '\ufeffbom', 'x\0\0'])(
    'of %j is whole blocks, and comes back',
    (text) => {
      const [first, second] = encrypt([text, '192.0.2.1'], DATA_KEY);
      const blocks = Math.floor(Buffer.byteLength(text) / 16) + 1;
      expect(first).toMatchObject({ seq: 0, bytes: { length: 16 * blocks } });
      expect(second?.seq).toBe(blocks);
      expect(openValue(DATA_KEY, 0, first?.bytes as Buffer)).toBe(text);
      expect(openValue(DATA_KEY, blocks, second?.bytes as Buffer)).toBe('192.0.2.1');
    },
  );

  test('that comes out as no value is null', () => {
    const plain = (bytes: Buffer) => {
      const zeros = encrypt(['x'.repeat(bytes.length)], DATA_KEY)[0]?.bytes.subarray(0, bytes.length) as Buffer;
      return Buffer.from(bytes.map((byte, i) => byte ^ (zeros[i] as number) ^ 'x'.charCodeAt(0)));
    };
    const open = (bytes: Buffer) => openValue(DATA_KEY, 0, plain(bytes));
    expect(open(Buffer.from('ab\x80'.padEnd(16, '\0'), 'latin1'))).toBe('ab');
    expect(open(Buffer.alloc(16))).toBeNull();
    expect(open(Buffer.from('ab\x80'.padEnd(16, '\x01'), 'latin1'))).toBeNull();
    expect(open(Buffer.from('ab\x80'.padEnd(32, '\0'), 'latin1'))).toBeNull();
    expect(open(Buffer.from('\xff\x80'.padEnd(16, '\0'), 'latin1'))).toBeNull();
    expect(open(Buffer.alloc(0))).toBeNull();
  });
});

describe('a sealed batch', () => {
  test('opens with the private key, value by value', () => {
    const { wrapped, keyName: name, values } = seal(TEXTS, VAULT_KEYS.key);
    expect(name).toBe(VAULT_KEYS.key.name);
    const dataKey = unwrap(wrapped, VAULT_KEYS.privateKey);
    expect(dataKey).toHaveLength(32);
    expect(values.map(({ seq, bytes }) => openValue(dataKey, seq, bytes))).toEqual(TEXTS);
  });

  test('has a data key of its own each time', () => {
    const keys = [1, 2].map(() => unwrap(seal([], VAULT_KEYS.key).wrapped, VAULT_KEYS.privateKey).toString('hex'));
    expect(new Set(keys).size).toBe(2);
  });

  test.runIf(HAS_OPENSSL)('is one that OpenSSL unwraps with SHA-256 in both places', () => {
    const { wrapped } = seal(TEXTS, VAULT_KEYS.key);
    const options = ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'];
    const dataKey = execFileSync(
      'openssl',
      ['pkeyutl', '-decrypt', '-inkey', VAULT_KEYS.privateFile, ...options.flatMap((one) => ['-pkeyopt', one])],
      { input: wrapped },
    );
    expect(dataKey).toEqual(unwrap(wrapped, VAULT_KEYS.privateKey));
  });

  test('does not open with another key', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    expect(() => unwrap(seal(TEXTS, VAULT_KEYS.key).wrapped, privateKey)).toThrow();
  });
});

describe('a vault key', () => {
  test('is named by the digest of its public half', () => {
    const der = createPublicKey(VAULT_KEYS.publicPem).export({ type: 'spki', format: 'der' });
    expect(keyName(VAULT_KEYS.key.publicKey)).toBe(hash('sha256', der, 'hex').slice(0, 8));
  });

  test.each([
    ['RSA of 2048 bits', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RSA for PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 3072 })],
    ['an elliptic curve', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ])('is not %s', (_, generate) => {
    expect(toVaultKey(generate().publicKey)).toBeNull();
  });
});
