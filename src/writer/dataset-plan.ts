/** What a new dataset will be: everything is decided and checked before anything changes. Design: writer-design, 5.3. */
import { datatypeOf } from "../datatypes/datatype-input.js";
import { inferType } from "../datatypes/infer.js";
import { Hdf5LimitError, Hdf5UnsupportedError, Hdf5UsageError } from "../errors.js";
import { filterRegistry } from "../filters/core.js";
import type { FilterInfo } from "../filters/filter.js";
import { resolveFilters } from "../filters/resolve-filters.js";
import type { ChunkIndex, DataLayout } from "../format/messages/data-layout.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { FillValue } from "../format/messages/fill-value.js";
import type { Soon } from "../model/soon.js";
import type { DatasetSpec, KeptTraits } from "../model/writer-contract.js";
import { checkNull, checkSpec } from "./arguments.js";
import { encodeAttributeValue } from "./attributes.js";
import { fillWith } from "./chunk-bytes.js";
import { guessChunkShape } from "./chunk-guess.js";
import { chooseChunkIndex } from "./chunk-index/choose.js";
import type { DataElsewhere, ElsewhereLayout } from "./data-elsewhere.js";
import { type Encoded, encodedAtOnce, encodeValues, newType } from "./encode-values.js";
import { versionOfNew } from "./header-layout.js";
import { MAX_MESSAGE } from "./member-storage.js";
import { checkChunkBytes, checkExtent } from "./raw-write.js";
import type { WriteSession } from "./write-session.js";
import type { WrittenAttribute } from "./written-attribute.js";

const seldom = (): Promise<typeof import("./seldom.js")> => import("./seldom.js");

/** Compact data lie in a header message, whose own fields take 4 bytes. */
const MAX_COMPACT = MAX_MESSAGE - 4;

/** Is this the layout of data that lie elsewhere? */
function isElsewhere(layout: DatasetSpec["layout"]): layout is ElsewhereLayout {
  return typeof layout === "object" && (layout.kind === "external" || layout.kind === "virtual");
}

/** A dataset as it will be made. */
export interface DatasetPlan {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly layout: DataLayout;
  readonly filters: readonly FilterInfo[];
  readonly fill: FillValue;
  readonly attributes: readonly WrittenAttribute[];
  /** Stored elements of `data`, if it was given. */
  readonly bytes: Uint8Array | undefined;
  /** Where data lie that are not in the file, or not its own. */
  readonly elsewhere?: DataElsewhere | undefined;
}

/** What a spec asks for, as far as it has to be told by the file or another one. */
interface Known {
  readonly attributes: readonly WrittenAttribute[];
  readonly fill: FillPlan;
  /** The elements of `data`. */
  readonly encoded: Encoded | undefined;
}

const NO_ATTRIBUTES: readonly WrittenAttribute[] = [];

export function planDataset(session: WriteSession, spec: DatasetSpec, kept: KeptTraits): Soon<DatasetPlan> {
  checkSpec(spec);
  const { data } = spec;
  if (data === null) checkNull(spec);
  if (data === undefined && spec.source === undefined && (spec.datatype === undefined || spec.shape === undefined)) {
    throw new Hdf5UsageError("spec", "has neither data nor a source", "data, or datatype and shape, or source");
  }
  const inferred = data === undefined || data === null || spec.datatype !== undefined ? undefined : inferType(data);
  const asked = spec.datatype ?? inferred?.datatype;
  if (asked === undefined) {
    throw new Hdf5UsageError("datatype", "is missing", "a datatype where data do not give one");
  }
  const datatype = kept.fill === undefined ? newType(session, asked) : datatypeOf(asked); // a copy keeps its own
  if (spec.shape !== undefined) checkExtent("shape", spec.shape);
  const isPlain = spec.attrs === undefined && spec.fillValue === undefined && kept.fill === undefined;
  if (isPlain && !isElsewhere(spec.layout)) {
    const hasData = data !== undefined && data !== null;
    const fill = plainFill(spec, datatype);
    const encoded = hasData ? encodedAtOnce(session, data, datatype, spec.shape) : undefined;
    if (!hasData || encoded !== undefined) {
      const known = { attributes: NO_ATTRIBUTES, fill, encoded };
      return data === null ? planNull(spec, datatype, known) : planOf(session, spec, kept, datatype, known);
    }
  }
  return planLater(session, spec, kept, datatype);
}

async function planLater(
  session: WriteSession,
  spec: DatasetSpec,
  kept: KeptTraits,
  datatype: Datatype,
): Promise<DatasetPlan> {
  const { data } = spec;
  const large = versionOfNew({ attributeOrder: kept.attributeOrder ?? "none" }, session.context) === 2;
  const attributes: WrittenAttribute[] = [];
  for (const [name, value] of Object.entries(spec.attrs ?? {}))
    attributes.push(await encodeAttributeValue(session, name, value, {}, large));
  const keptFill = kept.fill && { ...kept.fill, bytes: kept.encodeFill?.(session.heaps) ?? kept.fill.bytes };
  const fill =
    keptFill !== undefined
      ? () => keptFill
      : spec.fillValue === undefined
        ? plainFill(spec, datatype)
        : await planFill(session, spec, datatype, spec.fillValue);
  if (data === null) return planNull(spec, datatype, { attributes, fill, encoded: undefined });
  const encoded = data === undefined ? undefined : await encodeValues(session, data, datatype, spec.shape);
  const known = { attributes, fill, encoded };
  if (!isElsewhere(spec.layout)) return planOf(session, spec, kept, datatype, known);
  const shape = spec.shape ?? encoded?.shape ?? [0];
  const maxShape = planMaxShape(spec, shape);
  const planned = await planElsewhereLayout(session, spec, spec.layout, datatype, shape, maxShape);
  return assembled(datatype, known, planned, shape, maxShape);
}

function planNull(spec: DatasetSpec, datatype: Datatype, { attributes, fill }: Known): DatasetPlan {
  const isCompact = spec.layout === "compact";
  const layout: DataLayout = isCompact
    ? { kind: "compact", version: 3, data: new Uint8Array(0) }
    : { kind: "contiguous", version: 3, address: undefined, size: 0 };
  const dataspace = { kind: "null" } as const;
  const allocTime = isCompact ? "early" : "late";
  return { datatype, dataspace, layout, filters: [], fill: fill(allocTime), attributes, bytes: undefined };
}

function planOf(
  session: WriteSession,
  spec: DatasetSpec,
  kept: KeptTraits,
  datatype: Datatype,
  known: Known,
): DatasetPlan {
  const shape = spec.shape ?? known.encoded?.shape ?? [0];
  const maxShape = planMaxShape(spec, shape);
  const rules = { fillBytes: known.fill("late").bytes, pipeline: kept.pipeline, copied: kept.fill !== undefined };
  const planned = planLayout(session, spec, datatype, shape, maxShape, known.encoded?.bytes, rules);
  return assembled(datatype, known, planned, shape, maxShape);
}

function assembled(
  datatype: Datatype,
  { attributes, fill, encoded }: Known,
  { layout, filters, elsewhere }: PlannedLayout,
  shape: readonly number[],
  maxShape: readonly number[] | undefined,
): DatasetPlan {
  // libhdf5 may shrink a chunked dataset, and remembers how large it was only where that is stored.
  const most = maxShape ?? (layout.kind === "chunked" ? shape : undefined);
  const dataspace: Dataspace =
    shape.length === 0
      ? { kind: "scalar" }
      : most === undefined
        ? { kind: "simple", shape: [...shape] }
        : { kind: "simple", shape: [...shape], maxShape: most };
  const allocTime =
    layout.kind === "chunked" || layout.kind === "virtual"
      ? "incremental"
      : layout.kind === "compact"
        ? "early"
        : "late";
  return { datatype, dataspace, layout, filters, fill: fill(allocTime), attributes, bytes: encoded?.bytes, elsewhere };
}

/** Largest extents, or undefined where they are the current ones. */
function planMaxShape(spec: DatasetSpec, shape: readonly number[]): number[] | undefined {
  let maxShape = spec.maxShape?.map((extent) => extent ?? Number.POSITIVE_INFINITY);
  if (maxShape === undefined && spec.source !== undefined) {
    maxShape = shape.map((extent, d) => (d === 0 ? Number.POSITIVE_INFINITY : extent));
  }
  if (maxShape === undefined) return undefined;
  checkExtent("maxShape", maxShape, true);
  if (maxShape.length !== shape.length) {
    throw new Hdf5UsageError("maxShape", `has ${maxShape.length} dimensions`, `${shape.length}, as the shape`);
  }
  maxShape.forEach((extent, d) => {
    if (extent < (shape[d] as number)) {
      throw new Hdf5UsageError("maxShape", `is ${extent} in dimension ${d}`, `at least the extent, ${shape[d]}`);
    }
  });
  return maxShape.every((extent, d) => extent === shape[d]) ? undefined : maxShape;
}

interface PlannedLayout {
  readonly layout: DataLayout;
  readonly filters: readonly FilterInfo[];
  readonly elsewhere?: DataElsewhere;
}

async function planElsewhereLayout(
  session: WriteSession,
  spec: DatasetSpec,
  asked: ElsewhereLayout,
  datatype: Datatype,
  shape: readonly number[],
  maxShape: readonly number[] | undefined,
): Promise<PlannedLayout> {
  const bytesInAll = shape.reduce((product, n) => product * n, datatype.size);
  if (!Number.isSafeInteger(bytesInAll)) throw new Hdf5UnsupportedError("datasets of more than 2^53 − 1 bytes");
  const { planElsewhere } = await seldom();
  const planned = planElsewhere(session, spec, asked, bytesInAll, shape, maxShape);
  return { layout: planned.layout, filters: [], elsewhere: planned };
}

interface LayoutRules extends Pick<KeptTraits, "pipeline"> {
  readonly fillBytes: Uint8Array | undefined;
  /** Is it made as another one is? */
  readonly copied: boolean;
}

function planLayout(
  session: WriteSession,
  spec: DatasetSpec,
  datatype: Datatype,
  shape: readonly number[],
  maxShape: readonly number[] | undefined,
  bytes: Uint8Array | undefined,
  { fillBytes, pipeline, copied }: LayoutRules,
): PlannedLayout {
  const asked = typeof spec.layout === "object" ? spec.layout.kind : spec.layout;
  const growing = maxShape !== undefined || spec.source !== undefined;
  const filtered = (spec.filters?.length ?? 0) > 0;
  const chunked = growing || filtered || spec.chunkShape !== undefined;
  if (asked !== undefined && asked !== "chunked" && chunked) {
    throw new Hdf5UsageError("layout", `is ${asked}`, "chunked, which maxShape, filters, source and chunkShape need");
  }
  const size = shape.reduce((product, n) => product * n, datatype.size);
  if (asked === "chunked" || chunked) {
    if (shape.length === 0)
      throw new Hdf5UsageError("shape", "is that of a scalar", "at least one dimension for chunks");
    const chunkShape = planChunkShape(session, spec, datatype, shape, maxShape);
    const registry = filterRegistry(session.file.filters);
    const filters = pipeline ?? resolveFilters(spec.filters ?? [], registry, { datatype, chunkShape, fillBytes });
    if (filters.length > session.file.limits.filters) {
      throw new Hdf5LimitError("filters", filters.length, session.file.limits.filters, "filter pipeline");
    }
    const filtered = filters.length > 0;
    const early = spec.fill?.allocTime === "early";
    const latest = session.file.superblock.version >= 3;
    const index: ChunkIndex = latest
      ? chooseChunkIndex({ shape, maxShape: maxShape ?? shape, chunkShape, filtered, early })
      : { kind: "btree-v1", address: undefined };
    const elementSize = datatype.size;
    const version = latest ? 4 : 3;
    return {
      layout: { kind: "chunked", version, chunkShape, elementSize, partialEdgeChunksUnfiltered: false, index },
      filters,
    };
  }
  // What a file of another writer says of data that are nowhere can be said again.
  const isCopy = copied && asked === "contiguous" && bytes === undefined && sizeIsExact(shape, datatype.size);
  if (!Number.isSafeInteger(size) && !isCopy) {
    throw new Hdf5UnsupportedError("datasets of more than 2^53 − 1 bytes");
  }
  if (asked !== "compact") return { layout: { kind: "contiguous", version: 3, address: undefined, size }, filters: [] };
  if (size > MAX_COMPACT)
    throw new Hdf5UsageError("layout", `is compact for ${size} bytes`, `at most ${MAX_COMPACT} bytes`);
  return { layout: { kind: "compact", version: 3, data: bytes ?? filledBytes(size, fillBytes) }, filters: [] };
}

/** Is the number of bytes, as a number, the one of 64 bits that is stored? */
function sizeIsExact(shape: readonly number[], elementSize: number): boolean {
  const size = shape.reduce((product, extent) => product * BigInt(extent), BigInt(elementSize));
  return BigInt(Number(size)) === size && size < 2n ** 64n;
}

function filledBytes(size: number, fill: Uint8Array | undefined): Uint8Array {
  const bytes = new Uint8Array(size);
  if (fill !== undefined) fillWith(bytes, fill);
  return bytes;
}

function planChunkShape(
  session: WriteSession,
  spec: DatasetSpec,
  datatype: Datatype,
  shape: readonly number[],
  maxShape: readonly number[] | undefined,
): readonly number[] {
  const most = maxShape ?? shape;
  if (spec.chunkShape === undefined || spec.chunkShape === true) return guessChunkShape(shape, most, datatype.size);
  const { chunkShape } = spec;
  if (chunkShape.length !== shape.length) {
    throw new Hdf5UsageError("chunkShape", `has ${chunkShape.length} dimensions`, `${shape.length}, as the shape`);
  }
  chunkShape.forEach((extent, d) => {
    if (!(Number.isInteger(extent) && extent >= 1 && extent < 2 ** 32)) {
      throw new Hdf5UsageError("chunkShape", `holds ${String(extent)}`, "whole numbers from 1 to 2^32 − 1");
    }
    const limit = most[d] as number; // same rank
    // As in libhdf5, an empty dimension says nothing (H5Dchunk.c: H5D__chunk_construct).
    if (extent > limit && shape[d] !== 0) {
      throw new Hdf5UsageError("chunkShape", `is ${extent} in dimension ${d}`, `at most the largest extent, ${limit}`);
    }
  });
  const bytes = chunkShape.reduce((product, n) => product * n, datatype.size);
  if (bytes >= 2 ** 32) throw new Hdf5UsageError("chunkShape", `makes chunks of ${bytes} bytes`, "less than 4 GiB");
  checkChunkBytes(session, bytes);
  return [...chunkShape];
}

/** As the C library has it: unwritten sequences must be null, so their fill value is always written (H5Dint.c, H5D__create). */
function fillTime(spec: DatasetSpec, datatype: Datatype): FillValue["writeTime"] {
  const asked = spec.fill?.writeTime ?? "ifset";
  if (!hasSequences(datatype)) return asked;
  if (asked === "never") {
    throw new Hdf5UsageError("fill.writeTime", 'is "never" for variable-length data', '"alloc" or "ifset"');
  }
  return "alloc";
}

function hasSequences(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "vlen":
      return true;
    case "string":
      return datatype.length === "variable";
    case "array":
      return hasSequences(datatype.base);
    case "compound":
      return datatype.members.some((member) => hasSequences(member.datatype));
    default:
      return false;
  }
}

type FillPlan = (allocTime: FillValue["allocTime"]) => FillValue;

function plainFill(spec: DatasetSpec, datatype: Datatype): FillPlan {
  const writeTime = fillTime(spec, datatype);
  return (allocTime) => ({
    status: "default",
    writeTime,
    allocTime: spec.fill?.allocTime ?? allocTime,
    bytes: undefined,
  });
}

async function planFill(
  session: WriteSession,
  spec: DatasetSpec,
  datatype: Datatype,
  fillValue: NonNullable<DatasetSpec["fillValue"]> | null,
): Promise<FillPlan> {
  const writeTime = fillTime(spec, datatype);
  // libhdf5 before 2.2 cannot read elements of variable length that have no space yet, if they have a fill value.
  const early = fillValue !== null && hasSequences(datatype) ? "early" : undefined;
  const asked = spec.fill?.allocTime;
  if (early !== undefined && asked !== undefined && asked !== early) {
    throw new Hdf5UsageError("fill.allocTime", `is "${asked}" for a fill value of variable length`, '"early"');
  }
  const { bytes } = await encodeValues(session, fillValue, datatype, []);
  return (allocTime) => ({ status: "user", writeTime, allocTime: asked ?? early ?? allocTime, bytes });
}
