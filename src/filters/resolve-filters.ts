/**
 * The pipeline of a new dataset: filters as asked for → filters as stored. Spec: IV.A.2.l; H5Z.c: H5Z_set_local.
 */
import { Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Filter, FilterInfo, FilterInput, FilterSpec } from "./filter.js";
import { configureLzf, LZF_NAME } from "./lzf-values.js";
import { filterName, NAMED_FILTERS } from "./names.js";
import { configureNbit, NBIT_NAME } from "./nbit.js";
import { missing } from "./pipeline.js";
import { configureScaleOffset, SCALE_OFFSET_NAME } from "./scale-offset.js";

/** Filters in one pipeline. */
const MAX_FILTERS = 32; // H5Z_MAX_NFILTERS

/** Filters that libhdf5 adds as optional, and h5py lzf; all others are mandatory unless the caller says otherwise. */
const OPTIONAL_BY_DEFAULT: ReadonlySet<number> = /* @__PURE__ */ new Set([1, 2, 5, 6, LZF_NAME.id]);

/** What client data values are made from. */
export interface FilteredDataset {
  readonly datatype: Datatype;
  readonly chunkShape: readonly number[];
  /** One element in the file's datatype; zeros if the dataset has no fill value of its own. */
  readonly fillBytes?: Uint8Array | undefined;
}

type Configure = (values: readonly number[], dataset: FilteredDataset) => readonly number[];

/** The core's codecs that are loaded when a chunk needs them cannot be asked at once. */
const CONFIGURE: ReadonlyMap<number, Configure> = /* @__PURE__ */ new Map([
  [NBIT_NAME.id, configureNbit],
  [SCALE_OFFSET_NAME.id, configureScaleOffset],
  [LZF_NAME.id, configureLzf],
]);

/**
 * The pipeline to store for a new dataset: names become ids, parameters are checked and completed.
 * @throws Hdf5UsageError for more than 32 filters or invalid parameters; Hdf5UnsupportedError for a filter that is not
 * at hand, unless it is asked for with `optional: true`.
 */
export function resolveFilters(
  inputs: readonly FilterInput[],
  registry: ReadonlyMap<number, Filter>,
  dataset: FilteredDataset,
): FilterInfo[] {
  if (!Array.isArray(inputs)) throw new Hdf5UsageError("filters", "is no array", '["shuffle", "deflate"], for example');
  if (inputs.length > MAX_FILTERS) {
    throw new Hdf5UsageError("filters", `has ${inputs.length} entries`, `at most ${MAX_FILTERS}`);
  }
  return inputs.map((input, i) => {
    const spec = specOf(input, `filters[${i}]`);
    const optional = spec.optional ?? OPTIONAL_BY_DEFAULT.has(spec.id);
    const filter = registry.get(spec.id);
    const configure = CONFIGURE.get(spec.id);
    const values = checkedValues(spec.values ?? [], `filters[${i}].values`);
    // Nobody asks for a filter to have nothing filtered, unless they say so.
    if (filter?.encode === undefined && spec.optional !== true) throw missing({ ...spec, values, optional }, "encode");
    return Object.freeze({
      id: spec.id,
      name: spec.name ?? filter?.name ?? filterName(spec.id),
      values: Object.freeze([...(filter?.configure?.(values, dataset) ?? configure?.(values, dataset) ?? values)]),
      optional,
    });
  });
}

function specOf(input: FilterInput, argument: string): FilterSpec {
  if (typeof input === "string") {
    const id = Object.hasOwn(NAMED_FILTERS, input) ? NAMED_FILTERS[input] : undefined;
    if (id !== undefined) return { id, name: input };
  } else if (typeof input === "object" && input !== null && Number.isInteger(input.id)) {
    if (input.id > 0 && input.id <= 0xffff) return input;
    throw new Hdf5UsageError(`${argument}.id`, `is ${input.id}`, "a filter id from 1 to 65535");
  }
  const expected = `${Object.keys(NAMED_FILTERS).join(", ")}, or { id, values? }`;
  throw new Hdf5UsageError(
    argument,
    `is ${typeof input === "string" ? JSON.stringify(input) : typeof input}`,
    expected,
  );
}

function checkedValues(values: readonly number[], argument: string): readonly number[] {
  if (!Array.isArray(values)) throw new Hdf5UsageError(argument, "is no array", "whole numbers below 2^32");
  for (const [i, value] of values.entries()) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new Hdf5UsageError(`${argument}[${i}]`, `is ${String(value)}`, "a whole number below 2^32");
    }
  }
  return values;
}
