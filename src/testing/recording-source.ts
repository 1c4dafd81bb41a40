/** A byte source over a file in memory that notes every structure and field read from it. */

import type { ByteSource, Cursor, FilteredRange } from "../format/index.js";
import { Hdf5FormatError, Hdf5TruncatedError } from "../index.js";
import { type FieldRead, RecordingCursor } from "./recording-cursor.js";

/** One structure that was read whole. Addresses are relative to the base address. */
export interface StructureRead {
  readonly structure: string;
  readonly address: number;
  readonly length: number;
}

export class RecordingSource implements ByteSource {
  readonly #bytes: Uint8Array;
  readonly #memo = new Map<string, unknown>();
  readonly structures: StructureRead[] = [];
  readonly fields: FieldRead[] = [];
  readonly end: number;

  /** @param bytes from the base address to the end of the file. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.end = bytes.length;
  }

  /** A cursor whose fields are noted, over bytes that a walker has read already. */
  cursor(bytes: Uint8Array, structure: string, address: number): Cursor {
    return new RecordingCursor(bytes, structure, address, (field) => this.fields.push(field));
  }

  read(address: number, length: number, structure: string): Cursor {
    const cur = this.#cursorAt(address, length, structure);
    this.structures.push({ structure, address, length });
    return cur;
  }

  readUpTo(address: number, length: number, structure: string): Cursor {
    return this.#cursorAt(address, Math.min(length, Math.max(0, this.end - address)), structure);
  }

  /** @throws Hdf5FormatError: filters are not undone here. */
  unfiltered({ structure, address }: FilteredRange): Cursor {
    throw new Hdf5FormatError({ structure, address }, "has filters");
  }

  need(): void {}

  memo<T>(structure: string, address: number, decode: () => T): T {
    const key = `${structure}@${address}`;
    // The key names structure and place, so what is found was made by the same `decode` and is a T.
    if (this.#memo.has(key)) return this.#memo.get(key) as T;
    const value = decode();
    this.#memo.set(key, value);
    return value;
  }

  #cursorAt(address: number, length: number, structure: string): Cursor {
    if (!(address >= 0 && length >= 0 && address < this.end && address + length <= this.end)) {
      throw new Hdf5TruncatedError({ structure, address }, `of ${length} bytes leaves the file of ${this.end}`);
    }
    return this.cursor(this.#bytes.subarray(address, address + length), structure, address);
  }
}
