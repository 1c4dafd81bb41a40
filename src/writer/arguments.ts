/** Arguments of the wrong type to calls that write: refused before anything is changed. */
import { checkObject, checkOptions, Hdf5UsageError, oneOf, refuse } from "../errors.js";
import type { DatasetSpec } from "../model/writer-contract.js";

/** @throws Hdf5UsageError unless it is a list. */
export function checkList(argument: string, value: unknown): void {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) refuse(argument, value, "an array");
}

/** @throws Hdf5UsageError unless it is text. */
export function checkText(argument: string, value: unknown): void {
  if (typeof value !== "string") refuse(argument, value, "a string");
}

/** @throws Hdf5UsageError for lists that are none, and objects that are none. */
export function checkSpec(spec: DatasetSpec): void {
  checkOptions(spec, "spec");
  for (const name of ["shape", "maxShape", "filters"] as const) {
    if (spec[name] !== undefined) checkList(name, spec[name]);
  }
  const { chunkShape, layout, fill, attrs } = spec;
  if (attrs !== undefined) checkObject("attrs", attrs);
  // Its entries would not be seen.
  if (attrs instanceof Map) refuse("attrs", attrs, "an object whose members are the attributes");
  if (fill !== undefined) checkObject("fill", fill);
  oneOf("fill.writeTime", fill?.writeTime, ["alloc", "never", "ifset"]);
  oneOf("fill.allocTime", fill?.allocTime, ["early", "late", "incremental"]);
  if (chunkShape !== undefined && chunkShape !== true) checkList("chunkShape", chunkShape);
  if (layout !== undefined) checkLayout(layout);
}

function checkLayout(layout: NonNullable<DatasetSpec["layout"]>): void {
  if (typeof layout === "string") {
    oneOf("layout", layout, ["compact", "contiguous", "chunked"]);
    return;
  }
  checkObject("layout", layout);
  oneOf("layout.kind", layout.kind ?? null, ["compact", "contiguous", "chunked", "external", "virtual"]);
  if (layout.kind === "external") checkObjects("layout.files", layout.files);
  if (layout.kind === "virtual") {
    checkObjects("layout.mappings", layout.mappings);
    for (const [i, { source, virtual }] of layout.mappings.entries()) {
      checkObjects(`layout.mappings[${i}], source and virtual`, [source, virtual]);
    }
  }
}

/** @throws Hdf5UsageError for what a null dataspace, which has no elements, cannot have. Its own shape is `[0]`. */
export function checkNull({ shape, maxShape, chunkShape, filters, layout }: Partial<DatasetSpec>): void {
  const given = {
    shape: shape?.length === 1 && shape[0] === 0 ? undefined : shape,
    maxShape,
    chunkShape,
    filters: filters?.length === 0 ? undefined : filters,
    layout: layout === "contiguous" || layout === "compact" ? undefined : layout,
  };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const expected = "no data (elements are fill values), or elements, such as [null] for a null reference";
    throw new Hdf5UsageError(name, "is given for null, which has no elements", expected);
  }
}

/** @throws Hdf5UsageError unless it gives blocks one after another. */
export function checkBlocks(source: unknown): void {
  if (typeof source === "object" && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source))
    return;
  refuse("source", source, "an iterable or async iterable of blocks of rows");
}

function checkObjects(argument: string, values: readonly unknown[]): void {
  checkList(argument, values);
  // Array.from: holes too.
  for (const value of Array.from(values)) {
    if (typeof value !== "object" || value === null) refuse(argument, value, "objects");
  }
}
