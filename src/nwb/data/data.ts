/** What constructors take as data. */
import type { ArraySource, WriteData } from "../../index.js";
import type { DataChunkIterator } from "./data-chunk-iterator.js";
import type { H5DataIO } from "./h5-data-io.js";

/** Data in memory, a dataset of a file, data that comes piece by piece, or one of these with storage options. */
export type Data =
  | WriteData
  | ArraySource
  | H5DataIO
  | DataChunkIterator
  | Iterable<WriteData>
  | AsyncIterable<WriteData>;
