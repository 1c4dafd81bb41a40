/**
 * Raw data in other files (external file list): the slots, one after another, are the bytes of a contiguous dataset.
 * Spec: IV.A.2.h; H5Defl.c. spec-notes/external-raw-data.md.
 */
import type { Driver } from "../drivers/driver.js";
import { Hdf5DriverError, Hdf5FormatError } from "../errors.js";
import { elementCount } from "../format/messages/dataspace.js";
import { openRawFile } from "./external.js";
import type { DatasetState, ObjectState } from "./state.js";

/** The bytes of a dataset, wherever they lie. */
export interface RawBytes {
  /** Exactly `length` bytes from byte `from` of the data on; fresh. */
  read(from: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A stretch of the data in one file. */
export interface Stretch {
  readonly file: string;
  /** Where in that file. */
  readonly offset: number;
  /** Where in the data. */
  readonly from: number;
  readonly to: number;
}

/**
 * The raw data of a dataset with external files. Each file is opened when a byte of it is asked for first.
 * @param path of the dataset, told to the policy.
 * @throws Hdf5FormatError when the slots hold fewer bytes than the dataspace needs. Reading throws Hdf5PolicyError when
 * a file is not allowed, Hdf5DriverError when it is missing. Bytes behind a file's end are zero, as in libhdf5.
 */
export function externalBytes(object: ObjectState, path: string | undefined): RawBytes {
  const stretches = stretchesOf(object);
  const drivers = new Map<string, Promise<Driver>>();

  const driverOf = (name: string): Promise<Driver> => {
    let driver = drivers.get(name);
    if (driver === undefined) {
      driver = openExisting(object, name, path);
      drivers.set(name, driver);
    }
    return driver;
  };

  return {
    async read(from, length, signal) {
      const out = new Uint8Array(length);
      for (const stretch of stretches) {
        const low = Math.max(from, stretch.from);
        const high = Math.min(from + length, stretch.to);
        if (low >= high) continue;
        const driver = await driverOf(stretch.file);
        const bytes = await driver.read(stretch.offset + (low - stretch.from), high - low, { signal });
        out.set(bytes.length > high - low ? bytes.subarray(0, high - low) : bytes, low - from);
      }
      return out;
    },
    async close() {
      const opened = await Promise.allSettled(drivers.values());
      for (const result of opened) if (result.status === "fulfilled") await result.value.close?.();
    },
  };
}

async function openExisting(object: ObjectState, name: string, path: string | undefined): Promise<Driver> {
  const driver = await openRawFile(object.file, name, path);
  if (driver !== undefined) return driver;
  throw new Hdf5DriverError(name, "is missing; it holds raw data", { status: "ENOENT" });
}

/** Where the bytes of a dataset lie. @throws Hdf5FormatError when the slots hold fewer than the dataspace needs. */
export function stretchesOf(object: ObjectState): Stretch[] {
  const { externalFiles, dataspace, datatype } = object.dataset as DatasetState; // asked for datasets only
  const needed = elementCount(dataspace) * datatype.size;
  const where = { structure: "external data files message", address: object.address };
  const stretches: Stretch[] = [];
  let from = 0;
  for (const { file, offset, size } of externalFiles ?? []) {
    const to = Math.min(needed, from + size);
    if (!Number.isSafeInteger(offset + (to - from))) throw new Hdf5FormatError(where, "leads beyond 2^53 − 1");
    if (to > from) stretches.push({ file, offset, from, to });
    from = to;
  }
  if (from < needed) throw new Hdf5FormatError(where, `names ${from} bytes, the dataspace needs ${needed}`);
  return stretches;
}
