/** A Blob, or a File that the user picked: read by slices, never whole. */
import { Hdf5DriverError } from "../errors.js";
import type { Driver } from "./driver.js";

/** What of the platform's `Blob` is used. */
export interface BlobLike {
  readonly size: number;
  slice(start?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * A read-only driver over a Blob or File.
 * @throws Hdf5DriverError (on reading) when the platform cannot read it, e.g. because the file was changed or removed.
 */
export function blobDriver(blob: BlobLike & { readonly name?: unknown }): Driver {
  const name = typeof blob.name === "string" && blob.name !== "" ? blob.name : "blob";
  return {
    name,
    local: true,
    get size() {
      return blob.size;
    },
    async read(offset, length, options) {
      options?.signal?.throwIfAborted();
      const end = Math.min(offset + length, blob.size);
      if (offset >= end) return new Uint8Array(0);
      let buffer: ArrayBuffer;
      try {
        buffer = await blob.slice(offset, end).arrayBuffer();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        throw new Hdf5DriverError(name, error.message, { range: [offset, length], status: error.name, cause: error });
      }
      options?.signal?.throwIfAborted();
      if (buffer.byteLength === end - offset) return new Uint8Array(buffer);
      const finding = `gave ${buffer.byteLength} of ${end - offset} bytes`;
      throw new Hdf5DriverError(name, finding, { range: [offset, length] });
    },
  };
}
