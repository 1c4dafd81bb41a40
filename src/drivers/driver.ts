/** A byte device: what files are read from and written to. Drivers know nothing of HDF5 and compose by wrapping. */

/** A positionless byte device, read-only. */
export interface Driver {
  /** What errors call it. */
  readonly name?: string | undefined;
  /** Bytes in the file, or undefined when the medium cannot tell. */
  readonly size: number | undefined;
  /** Set: reading costs little, as from a disk or memory. Absent: it is far away, so much is read at once, and ahead. */
  readonly local?: boolean | undefined;
  /**
   * Fresh bytes [offset, offset + length); shorter only at the end of the file. The caller owns the result.
   * Called concurrently, and during a write elsewhere in the file.
   * @throws Hdf5DriverError when the medium fails.
   */
  read(offset: number, length: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<Uint8Array>;
  close?(): Promise<void>;
  /**
   * A small file that is kept beside this one, where the medium has a place for it. With it, writes that a crash may
   * tear are undone when the file is opened again (docs/crash-safety.md).
   */
  readonly sideFile?: SideFile | undefined;
}

/** A file beside another one: there or not, written and taken away as a whole. */
export interface SideFile {
  /**
   * Its content; undefined: there is none.
   * @throws Hdf5DriverError when the medium fails.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Make it, or replace it.
   * @param durable a loss of power after the call keeps it.
   * @returns false where none can be kept.
   * @throws Hdf5DriverError when the medium fails.
   */
  write(bytes: Uint8Array, durable: boolean): Promise<boolean>;
  /**
   * Take it away; one that is not there is no error.
   * @param durable a loss of power after the call does not bring its content back.
   * @throws Hdf5DriverError when the medium fails.
   */
  remove(durable: boolean): Promise<void>;
}

/** A byte device that can be written. A write beyond the end grows the file; a gap reads as zeros. */
export interface WritableDriver extends Driver {
  /**
   * @param bytes may be a part of a larger buffer, of which others use the rest: it is not to be transferred.
   * @throws Hdf5DriverError when not all bytes could be written.
   */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Set the size, cutting or adding zeros. */
  truncate(size: number): Promise<void>;
  /** Make everything written so far durable. */
  flush(): Promise<void>;
}

/** Can this driver be written? */
export function isWritable(driver: Driver): driver is WritableDriver {
  const object = Object(driver) as object; // callers without TypeScript give anything
  return "write" in object && "truncate" in object && "flush" in object;
}
