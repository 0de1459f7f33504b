/** HMAC-SHA-256 keeps its full strength from 32 bytes on. */
const MIN_BYTES = 32;
/** About 30 of 32 random bytes differ; fewer than 8 come from a pattern or a word, practically never from chance. */
const MIN_DISTINCT_BYTES = 8;

export type MasterKeyResult = { ok: true; bytes: Uint8Array } | { ok: false; problem: string };

/**
 * Decodes `hex:...` or `base64:...` and refuses what nobody drew at random, which includes the key of the published
 * test vectors (bytes 0, 1, 2 ... 31). There is no default key.
 */
export function parseMasterKey(text: string): MasterKeyResult {
  const bytes = decode(text);
  if (!bytes) return { ok: false, problem: 'must be "hex:" or "base64:" followed by the key in that encoding' };
  if (bytes.length < MIN_BYTES) return { ok: false, problem: `must be at least ${MIN_BYTES} bytes, decoded` };
  if (isGuessable(bytes)) return { ok: false, problem: 'must be random, for example from: openssl rand -hex 32' };
  return { ok: true, bytes };
}

/** Buffer.from skips what it cannot decode, so the text is compared with what came out, encoded again. */
function decode(text: string): Uint8Array | null {
  // Stryker disable next-line StringLiteral,Regex,ArrayDeclaration: without an encoding the rest is not looked at
  const [, encoding, digits = ''] = /^(hex|base64):(.*)$/s.exec(text) ?? [];
  if (encoding === undefined) return null;
  const bytes = Buffer.from(digits, encoding as 'hex' | 'base64');
  const expected = encoding === 'hex' ? digits.toLowerCase() : digits;
  return bytes.toString(encoding as 'hex' | 'base64') === expected ? bytes : null;
}

function isGuessable(bytes: Uint8Array): boolean {
  // Stryker disable next-line ArithmeticOperator: steps are only compared with each other
  const step = (i: number) => ((bytes[i] ?? 0) - (bytes[i - 1] ?? 0) + 256) % 256;
  const countsEvenly = bytes.every((_, i) => i < 2 || step(i) === step(1));
  return countsEvenly || new Set(bytes).size < MIN_DISTINCT_BYTES;
}
