/** A file in memory. */
import { Hdf5DriverError } from "../errors.js";
import type { WritableDriver } from "./driver.js";

/** Largest size that a buffer may have here; beyond it the platform's own limits differ. */
const MAX_BYTES = 2 ** 32;

/** Bytes with a buffer of their own, for compilers old and new. */
type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

/** A driver whose bytes can be taken out. */
export interface MemoryDriver extends WritableDriver {
  readonly size: number;
  /** A copy of the content. */
  bytes(): Bytes;
}

/**
 * A file in memory, empty or with the bytes given.
 * @param initial not copied until the first write, and never changed.
 * @throws Hdf5DriverError (on writing) when the platform has no memory left.
 */
export function memoryDriver(initial: Uint8Array = new Uint8Array(0)): MemoryDriver {
  // Slices of a Buffer of Node are no copies.
  let content = new Uint8Array(initial.buffer, initial.byteOffset, initial.byteLength);
  let length = initial.length;
  let own = false;

  /** Make the buffer ours and large enough; it grows by half, so that appending stays linear. */
  function reserve(size: number): void {
    if (own && size <= content.length) return;
    if (size > MAX_BYTES) throw new Hdf5DriverError("memory", `${size} bytes are more than a buffer holds`);
    const grown = Math.min(
      MAX_BYTES,
      Math.max(size, size > content.length ? Math.ceil(content.length * 1.5) : size, 4096),
    );
    let next: Uint8Array;
    try {
      next = new Uint8Array(grown);
    } catch (error) {
      // The platform says "Array buffer allocation failed" with a RangeError.
      if (!(error instanceof RangeError)) throw error;
      throw new Hdf5DriverError("memory", `no room for ${grown} bytes`, { cause: error });
    }
    next.set(content.subarray(0, length));
    content = next;
    own = true;
  }

  return {
    name: "memory",
    local: true,
    get size() {
      return length;
    },
    async read(offset, count, options) {
      options?.signal?.throwIfAborted();
      return content.slice(Math.min(offset, length), Math.min(offset + count, length));
    },
    async write(offset, bytes) {
      if (bytes.length === 0) return;
      const end = offset + bytes.length;
      reserve(Math.max(end, length));
      content.set(bytes, offset);
      length = Math.max(length, end);
    },
    async truncate(size) {
      reserve(Math.max(size, length));
      // What is cut off must not come back when the file grows again.
      if (size < length) content.fill(0, size, length);
      length = size;
    },
    async flush() {},
    bytes: () => new Uint8Array(content.subarray(0, length)),
  };
}
