/** A reading position in bytes that are all present. Little-endian; knows what structure it reads, for errors. */
import { Hdf5FormatError, Hdf5TruncatedError } from "../errors.js";

export class Cursor {
  /** The bytes read from; a view, never changed. */
  readonly bytes: Uint8Array;
  readonly structure: string;
  /** Address of `bytes[0]`, relative to the base address; undefined for bytes that lie in no file. */
  readonly address: number | undefined;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array, structure: string, address?: number | undefined, view?: DataView) {
    this.bytes = bytes;
    this.structure = structure;
    this.address = address;
    this.#view = view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Offset of the next byte from the start of the structure. */
  get position(): number {
    return this.#position;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.bytes.length - this.#position;
  }

  get length(): number {
    return this.bytes.length;
  }

  /** Go to an offset from the start of the structure. */
  seek(position: number): this {
    if (!(position >= 0 && position <= this.bytes.length)) return this.#short(position - this.#position);
    this.#position = position;
    return this;
  }

  skip(count: number): this {
    this.#take(count, undefined);
    return this;
  }

  /** Skip to the next multiple of `alignment`, counted from the start of the structure. */
  align(alignment: number): this {
    const rest = this.#position % alignment;
    return rest === 0 ? this : this.skip(alignment - rest);
  }

  u8(field?: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field?: string): number {
    return this.#view.getUint16(this.#take(2, field), true);
  }

  u24(field?: string): number {
    const at = this.#take(3, field);
    return this.#view.getUint16(at, true) | (this.#view.getUint8(at + 2) << 16);
  }

  u32(field?: string): number {
    return this.#view.getUint32(this.#take(4, field), true);
  }

  i32(field?: string): number {
    return this.#view.getInt32(this.#take(4, field), true);
  }

  /** An unsigned 64-bit integer as a number. @throws Hdf5FormatError above 2^53 − 1. */
  u64(field?: string): number {
    return this.uint(8, field);
  }

  /** An unsigned integer of 0–16 bytes as a number. @throws Hdf5FormatError above 2^53 − 1. */
  uint(width: number, field?: string): number {
    const at = this.#take(width, field);
    const view = this.#view;
    if (width === 8) {
      const high = view.getUint32(at + 4, true);
      if (high > 0x1fffff) return this.#tooLarge(at, width, field);
      return high * 0x1_0000_0000 + view.getUint32(at, true);
    }
    if (width === 4) return view.getUint32(at, true);
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + view.getUint8(at + i);
    return Number.isSafeInteger(value) ? value : this.#tooLarge(at, width, field);
  }

  /** As `uint`, with all bits set as `undefined` (the undefined address, an unlimited size). */
  uintOrUndefined(width: number, field?: string): number | undefined {
    const at = this.#take(width, field);
    let ones = true;
    for (let i = 0; i < width && ones; i++) ones = this.bytes[at + i] === 0xff;
    if (ones) return undefined;
    this.#position = at;
    return this.uint(width, field);
  }

  /** An unsigned 64-bit integer, exact. */
  big64(field?: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field), true);
  }

  /** A view of the next `length` bytes. */
  take(length: number, field?: string): Uint8Array {
    const at = this.#take(length, field);
    return this.bytes.subarray(at, at + length);
  }

  /** A cursor over the next `length` bytes, which are passed over here. Its positions start at 0. */
  sub(length: number, structure: string, field?: string): Cursor {
    const at = this.#take(length, field);
    const address = this.address === undefined ? undefined : this.address + at;
    return new Cursor(this.bytes.subarray(at, at + length), structure, address);
  }

  /** The bytes up to the next NUL, which is passed over; everything left when there is none and `required` is false. */
  untilNul(field: string, required = true): Uint8Array {
    const start = this.#position;
    const nul = this.bytes.indexOf(0, start);
    if (nul < 0) {
      if (required) return this.fail(field, "is not terminated by NUL");
      this.#position = this.bytes.length;
      return this.bytes.subarray(start);
    }
    this.#position = nul + 1;
    return this.bytes.subarray(start, nul);
  }

  /** @throws Hdf5FormatError unless the next four bytes are this ASCII signature. */
  signature(text: string): void {
    const at = this.#take(4, "signature");
    for (let i = 0; i < 4; i++) {
      if (this.bytes[at + i] !== text.charCodeAt(i)) {
        this.#position = at;
        this.fail("signature", `is not "${text}"`);
      }
    }
  }

  /** @throws Hdf5FormatError naming structure, place and field. */
  fail(field: string | undefined, finding: string): never {
    const { structure, address } = this;
    throw new Hdf5FormatError({ structure, address, offset: this.#position, field }, finding);
  }

  #take(count: number, field: string | undefined): number {
    const at = this.#position;
    if (!(count >= 0 && count <= this.bytes.length - at)) return this.#short(count, field);
    this.#position = at + count;
    return at;
  }

  #short(count: number, field?: string): never {
    const { structure, address } = this;
    throw new Hdf5TruncatedError(
      { structure, address, offset: this.#position, field },
      `needs ${count} bytes, ${this.remaining} are left`,
    );
  }

  #tooLarge(at: number, width: number, field: string | undefined): never {
    this.#position = at;
    return this.fail(field ?? `${width}-byte integer`, "is above 2^53 − 1");
  }
}
