/** How much of the file a dataset's raw data take. */
import { roundedCount } from "../format/messages/dataspace.js";
import type { DatasetState } from "../model/state.js";

/** Bytes allocated for raw data; NaN when only the whole chunk index could tell, and it was not read. */
export function storageSize({ layout, dataspace, datatype, externalFiles, chunks }: DatasetState): number {
  switch (layout.kind) {
    case "compact":
      return layout.data.length;
    case "contiguous":
      if (externalFiles !== undefined) return roundedCount(dataspace) * datatype.size;
      return layout.address === undefined ? 0 : layout.size;
    case "chunked":
      return chunks?.storedBytes ?? Number.NaN;
    case "virtual":
      return 0;
  }
}
