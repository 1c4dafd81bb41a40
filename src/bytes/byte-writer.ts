/**
 * A growing buffer of little-endian fields. Encoders write into it; `bytes()` hands out what was written.
 * A number that does not fit its field is an Hdf5UsageError: it would be cut otherwise, and the file damaged.
 */
import { Hdf5UsageError } from "../errors.js";
import type { Bytes } from "./typed-arrays.js";

/** Capacity of writers that are used again. */
const KEPT = 4096;
/** Up to here bytes are copied one by one: a call of the engine takes as long. */
const FEW = 32;
/** Short results lie side by side in pieces of this size: an array of its own takes 200 bytes, and a part of one 100. */
const PIECE = 8192;
const SHORT = 512;

/** What the error about a number that does not fit its field expects. */
export const FIELD_WIDTH = "a value of the field's width";

export class ByteWriter {
  // No DataView beside it: engines keep small typed arrays without a buffer of their own until somebody asks for it,
  // and most structures are small (V8: three times as fast).
  #bytes: Bytes;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    if (!(value >= 0 && value <= 0xff)) this.#refuse(value, 1);
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    if (!(value >= 0 && value <= 0xffff)) this.#refuse(value, 2);
    const at = this.#grow(2);
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    return this;
  }

  u24(value: number): this {
    return this.uint(value, 3);
  }

  u32(value: number): this {
    if (!(value >= 0 && value <= 0xffff_ffff)) this.#refuse(value, 4);
    const at = this.#grow(4);
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    this.#bytes[at + 2] = value >>> 16;
    this.#bytes[at + 3] = value >>> 24;
    return this;
  }

  u64(value: number): this {
    if (!(Number.isSafeInteger(value) && value >= 0)) this.#refuse(value, 8);
    const at = this.#grow(8);
    const bytes = this.#bytes;
    const high = (value / 2 ** 32) >>> 0;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    bytes[at + 4] = high;
    bytes[at + 5] = high >>> 8;
    bytes[at + 6] = high >>> 16;
    bytes[at + 7] = 0; // a safe integer
    return this;
  }

  /** An unsigned integer of 0–16 bytes. @throws Hdf5UsageError when it does not fit, or is not exact. */
  uint(value: number, width: number): this {
    if (width === 8) return this.u64(value);
    if (!(Number.isSafeInteger(value) && value >= 0 && (width > 6 || value < 256 ** width))) this.#refuse(value, width);
    const at = this.#grow(width);
    let rest = value;
    for (let i = 0; i < width; i++) {
      this.#bytes[at + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return this;
  }

  big64(value: bigint): this {
    const unsigned = BigInt.asUintN(64, value);
    return this.u32(Number(unsigned & 0xffff_ffffn)).u32(Number(unsigned >> 32n));
  }

  put(bytes: Uint8Array): this {
    const { length } = bytes;
    const at = this.#grow(length);
    if (length > FEW) this.#bytes.set(bytes, at);
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[i] as number; // below its length
    return this;
  }

  /** ASCII text without a terminator, e.g. a signature. */
  ascii(text: string): this {
    const at = this.#grow(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) this.#refuse(code, 1);
      this.#bytes[at + i] = code;
    }
    return this;
  }

  fill(value: number, count: number): this {
    const at = this.#grow(count);
    this.#bytes.fill(value, at, at + count); // zeros too: writers are used again
    return this;
  }

  zeros(count: number): this {
    return this.fill(0, count);
  }

  /** Zero bytes up to the next multiple of `alignment` of the bytes written. */
  align(alignment: number): this {
    const rest = this.#length % alignment;
    return rest === 0 ? this : this.zeros(alignment - rest);
  }

  /** Put a number of 2 bytes in the place of what was written there. */
  patch16(at: number, value: number): this {
    if (!(value >= 0 && value <= 0xffff && at + 2 <= this.#length)) this.#refuse(value, 2);
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    return this;
  }

  /** A copy of what was written. */
  bytes(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }

  /** A view of what was written so far, valid until the next write (for checksums). */
  written(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Writers that wait for their next use. */
  static readonly #idle: ByteWriter[] = [];

  /** The piece that takes the next short results. */
  static #piece: Bytes = /* @__PURE__ */ new Uint8Array(0);
  static #used = 0;

  /** What was written, beside other results of its length. */
  #placed(): Bytes {
    const length = this.#length;
    if (length > SHORT) return this.bytes();
    if (ByteWriter.#used + length > ByteWriter.#piece.length) {
      ByteWriter.#piece = new Uint8Array(PIECE);
      ByteWriter.#used = 0;
    }
    const piece = ByteWriter.#piece;
    const from = ByteWriter.#used;
    ByteWriter.#used += length;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) piece[from + i] = bytes[i] as number; // below its length
    return piece.subarray(from, from + length);
  }

  /** What `write` writes. One writer serves all calls that are not inside each other: half the time of a new one. */
  static encoded(write: (out: ByteWriter) => void): Bytes {
    const out = ByteWriter.#idle.pop() ?? new ByteWriter(KEPT);
    write(out);
    const bytes = out.#placed();
    if (out.#bytes.length > KEPT) return bytes;
    out.#length = 0;
    ByteWriter.#idle.push(out);
    return bytes;
  }

  #refuse(value: number, width: number): never {
    throw new Hdf5UsageError("value", `${value} does not fit ${width} bytes`, FIELD_WIDTH);
  }

  #grow(count: number): number {
    const at = this.#length;
    const length = at + count;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#length = length;
    return at;
  }
}
