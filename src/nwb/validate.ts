/** Validating a file against its schema. */
import { type Hdf5File, Hdf5UnsupportedError, type Source } from "../index.js";
import type { NWBHDF5IO } from "./io.js";

/** Something that the schema does not allow. */
export interface ValidationEntry {
  readonly kind: string;
  readonly severity: "error" | "warning";
  /** Type and field concerned. */
  readonly name: string;
  /** Path in the file. */
  readonly location: string;
  readonly reason: string;
}

/**
 * What the schema does not allow in a file.
 * @throws Hdf5UnsupportedError naming `validation of NWB files`, which this library does not do (docs/limitations.md).
 */
export async function validate(
  _target: NWBHDF5IO | Hdf5File | Source,
  _options: { readonly useCachedNamespaces?: boolean | undefined; readonly namespace?: string | undefined } = {},
): Promise<ValidationEntry[]> {
  throw new Hdf5UnsupportedError("validation of NWB files");
}
