/** Data with wishes about its storage: chunks, filters, room to grow, or a link in place of a copy. */
import { type Dataset, type DatatypeInput, deflate, type FilterInput, type WriteData } from "../../index.js";
import { NwbError } from "../errors.js";
import type { Data } from "./data.js";

/** `true` and `"gzip"`: deflate; a number: its level; or any filter. */
export type Compression = true | "gzip" | "lzf" | number | FilterInput;

export interface H5DataIOOptions {
  /** Without data, `shape` and `datatype` make an empty dataset to be filled through `dataset`. */
  readonly data?: Data | undefined;
  /** Data that is a dataset of a file already: link to it (`true`) or copy it (`false`, the default). */
  readonly linkData?: boolean | undefined;
  readonly shape?: readonly number[] | undefined;
  /** Largest extent per dimension; `null` for any. */
  readonly maxShape?: readonly (number | null)[] | undefined;
  readonly datatype?: DatatypeInput | undefined;
  readonly chunkShape?: readonly number[] | true | undefined;
  readonly compression?: Compression | undefined;
  /** Level of gzip, or the values of a filter given by its id. */
  readonly compressionOpts?: number | readonly number[] | undefined;
  readonly shuffle?: boolean | undefined;
  readonly fletcher32?: boolean | undefined;
  readonly fillValue?: WriteData | undefined;
}

interface State {
  readonly options: H5DataIOOptions;
  readonly filters: readonly FilterInput[];
  dataset: Dataset | undefined;
}

const STATES = /* @__PURE__ */ new WeakMap<H5DataIO, State>();

/**
 * Data with storage options.
 * @example
 * const data = new H5DataIO({ shape: [0, 10], maxShape: [null, 10], datatype: "float32", chunkShape: [1000, 10] });
 * // … after `await io.write(nwbfile)`:
 * await data.dataset.append(rows);
 */
export class H5DataIO {
  /** @throws NwbError when the options contradict each other. */
  constructor(options: H5DataIOOptions) {
    const { data, shape, datatype, maxShape } = options;
    if (data === undefined && (shape === undefined || datatype === undefined)) {
      throw wrong("data", "is missing; an empty dataset needs shape and datatype");
    }
    if (data !== undefined && shape !== undefined) throw wrong("shape", "is that of the data; give one of the two");
    if (shape !== undefined && maxShape !== undefined) checkExtent(shape, maxShape);
    STATES.set(this, { options, filters: filtersOf(options), dataset: undefined });
  }

  /** The dataset in the file. @throws NwbError until it is written. */
  get dataset(): Dataset {
    const { dataset } = stateOfDataIO(this);
    if (dataset === undefined) throw new NwbError("H5DataIO: the dataset has not been written yet", { code: "state" });
    return dataset;
  }
}

function stateOfDataIO(io: H5DataIO): State {
  // Set by the constructor.
  return STATES.get(io) as State;
}

/** The options an H5DataIO was made of, with its filters in order of application. */
export function dataIOOptions(io: H5DataIO): H5DataIOOptions & { readonly filters: readonly FilterInput[] } {
  const { options, filters } = stateOfDataIO(io);
  return { ...options, filters };
}

/** The dataset written for an H5DataIO. */
export function setDataset(io: H5DataIO, dataset: Dataset): void {
  stateOfDataIO(io).dataset = dataset;
}

function wrong(field: string, finding: string): NwbError {
  return new NwbError(`H5DataIO: ${field} ${finding}`, { code: "argument", field });
}

function checkExtent(shape: readonly number[], maxShape: readonly (number | null)[]): void {
  if (shape.length !== maxShape.length) {
    throw wrong("maxShape", `has ${maxShape.length} dimensions, and shape ${shape.length}`);
  }
  const short = shape.findIndex((extent, i) => extent > (maxShape[i] ?? Infinity));
  if (short >= 0) throw wrong("maxShape", `is less than the shape in dimension ${short}`);
}

function filtersOf(options: H5DataIOOptions): readonly FilterInput[] {
  const { compression, shuffle, fletcher32 } = options;
  const filters: FilterInput[] = [];
  if (shuffle === true) filters.push("shuffle");
  if (compression !== undefined) filters.push(compressionFilter(compression, options.compressionOpts));
  else if (options.compressionOpts !== undefined) throw wrong("compressionOpts", "is given without compression");
  if (fletcher32 === true) filters.push("fletcher32");
  return filters;
}

/** What libhdf5's lzf plug-in is registered as. */
const LZF_ID = 32_000;
const DEFAULT_LEVEL = 4;

function compressionFilter(compression: Compression, opts: H5DataIOOptions["compressionOpts"]): FilterInput {
  if (compression === true || compression === "gzip") {
    if (opts !== undefined && typeof opts !== "number") throw wrong("compressionOpts", "is no level of gzip");
    return gzip(opts ?? DEFAULT_LEVEL);
  }
  if (typeof compression === "number") return gzip(compression);
  if (compression === "lzf") return { id: LZF_ID, name: "lzf" };
  if (typeof compression === "string" || opts === undefined) return compression;
  return { ...compression, values: typeof opts === "number" ? [opts] : opts };
}

function gzip(level: number): FilterInput {
  if (Number.isInteger(level) && level >= 0 && level <= 9) return deflate(level);
  throw wrong("compression", `has the level ${level}, expected 0 to 9`);
}
