const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Flags and length of the header extension, both 0. */
const HEADER_BYTES = SIGNATURE.length + 8;
const END = -1;
const NULL = -1;
/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const MS_PER_DAY = 86_400_000;

/**
 * Rows in the binary format of COPY (PostgreSQL manual, "COPY", Binary Format): no escapes that could be forgotten, and
 * for 10,000 logins a fifth of the whole time less than text, on both sides of the connection.
 */
export class CopyBuffer {
  #buffer: Buffer;
  #at = HEADER_BYTES;

  /** @param expectedBytes a guess; the buffer grows where it is too low */
  constructor(expectedBytes: number) {
    this.#buffer = Buffer.alloc(HEADER_BYTES + expectedBytes);
    SIGNATURE.copy(this.#buffer);
  }

  startRow(fields: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(fields, this.#at);
  }

  text(value: string | null): void {
    if (value === null) {
      this.#reserve(4);
      this.#at = this.#buffer.writeInt32BE(NULL, this.#at);
      return;
    }
    this.#reserve(4 + value.length * MAX_BYTES_PER_UNIT);
    const length = this.#buffer.write(value, this.#at + 4);
    this.#buffer.writeInt32BE(length, this.#at);
    this.#at += 4 + length;
  }

  integer(value: number): void {
    this.#field(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  uuid(value: string): void {
    this.#field(16);
    this.#at += this.#buffer.write(value.replaceAll('-', ''), this.#at, 'hex');
  }

  /** @param ms milliseconds since 1970 */
  timestamptz(ms: number): void {
    this.#field(8);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(ms - POSTGRES_EPOCH_MS) * 1_000n, this.#at);
  }

  /** @param ms milliseconds since 1970, of which the UTC date counts */
  date(ms: number): void {
    this.integer(Math.floor((ms - POSTGRES_EPOCH_MS) / MS_PER_DAY));
  }

  finish(): Buffer {
    this.startRow(END);
    return this.#buffer.subarray(0, this.#at);
  }

  #field(bytes: number): void {
    this.#reserve(4 + bytes);
    this.#at = this.#buffer.writeInt32BE(bytes, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.alloc(2 * this.#buffer.length + bytes);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}
