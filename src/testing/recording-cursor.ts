/**
 * A cursor that notes which fields are read where. A class over a class, against the habits of this code: decoders take
 * a `Cursor`, whose private fields no other object can stand in for.
 */
import { Cursor } from "../format/index.js";

/** One number or stretch of bytes that a decoder read. */
export interface FieldRead {
  readonly structure: string;
  /** The specification's word, as far as the decoder says it. */
  readonly name: string | undefined;
  /** Relative to the base address. */
  readonly address: number;
  readonly width: number;
}

export class RecordingCursor extends Cursor {
  readonly #note: (field: FieldRead) => void;

  constructor(bytes: Uint8Array, structure: string, address: number, note: (field: FieldRead) => void) {
    super(bytes, structure, address);
    this.#note = note;
  }

  override u8(field?: string): number {
    return this.#noted(1, field, super.u8(field));
  }

  override u16(field?: string): number {
    return this.#noted(2, field, super.u16(field));
  }

  override u24(field?: string): number {
    return this.#noted(3, field, super.u24(field));
  }

  override u32(field?: string): number {
    return this.#noted(4, field, super.u32(field));
  }

  override i32(field?: string): number {
    return this.#noted(4, field, super.i32(field));
  }

  override uint(width: number, field?: string): number {
    return this.#noted(width, field, super.uint(width, field));
  }

  override uintOrUndefined(width: number, field?: string): number | undefined {
    const value = super.uintOrUndefined(width, field);
    return value === undefined ? this.#noted(width, field, value) : value;
  }

  override big64(field?: string): bigint {
    return this.#noted(8, field, super.big64(field));
  }

  override take(length: number, field?: string): Uint8Array {
    return this.#noted(length, field, super.take(length, field));
  }

  override untilNul(field: string, required?: boolean): Uint8Array {
    const start = this.position;
    const bytes = super.untilNul(field, required);
    this.#at(start, this.position - start, field);
    return bytes;
  }

  override sub(length: number, structure: string, field?: string): Cursor {
    const start = this.position;
    const { bytes } = super.sub(length, structure, field);
    return new RecordingCursor(bytes, structure, (this.address ?? 0) + start, this.#note);
  }

  #noted<T>(width: number, field: string | undefined, value: T): T {
    this.#at(this.position - width, width, field);
    return value;
  }

  #at(position: number, width: number, name: string | undefined): void {
    if (width > 0) this.#note({ structure: this.structure, name, address: (this.address ?? 0) + position, width });
  }
}
