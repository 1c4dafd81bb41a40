/** Exporting. */
import type { OnProgress } from "../index.js";
import type { NWBFile } from "./containers/nwb-file.js";
import type { StoredFile } from "./containers/state.js";
import type { NWBHDF5IO } from "./io.js";
import type { Manager } from "./manager.js";
import type { Warn } from "./mapper/read-file.js";

export interface ExportOptions {
  /** The file whose content is written, open for reading. */
  readonly srcIO: NWBHDF5IO;
  /** Containers of that file, to be written as they are now. */
  readonly nwbfile?: NWBFile | undefined;
  readonly cacheSpec?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * External links: kept with their text (`"preserve"`, the default), kept and made relative to the new file
   * (`"relative"`), or replaced by what they lead to (`"resolve"`).
   */
  readonly links?: "preserve" | "relative" | "resolve" | undefined;
  /** `linkData: false` is the same as `links: "resolve"`. */
  readonly writeArgs?: { readonly linkData?: boolean | undefined } | undefined;
}
export interface ExportJob extends Omit<ExportOptions, "srcIO"> {
  readonly source: StoredFile;
  readonly target: StoredFile;
  readonly manager: Manager;
  readonly warn: Warn;
}
export async function exportFile(_job: ExportJob): Promise<void> {
  throw new Error("x");
}
