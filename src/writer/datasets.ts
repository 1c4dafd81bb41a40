/** Making datasets: everything is decided and checked before anything changes. Design: writer-design, sections 4.1, 5.3. */

import { datatypeOf } from "../datatypes/datatype-input.js";
import { inferType } from "../datatypes/infer.js";
import { Hdf5LimitError, Hdf5UnsupportedError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import { filterRegistry } from "../filters/core.js";
import type { FilterInfo } from "../filters/filter.js";
import { resolveFilters } from "../filters/resolve-filters.js";
import type { ChunkIndex, DataLayout } from "../format/messages/data-layout.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { FillValue } from "../format/messages/fill-value.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { loadObject } from "../model/load-object.js";
import { joinPath, splitPath } from "../model/paths.js";
import type { ObjectState } from "../model/state.js";
import type { DatasetSpec, KeptOrder, KeptTraits } from "../model/writer-contract.js";
import { resolveSelection } from "../selection/selection.js";
import { checkSpec } from "./arguments.js";
import { addAttribute, type EncodedAttribute, encodeAttributeValue } from "./attributes.js";
import { fillWith } from "./chunk-bytes.js";
import { guessChunkShape } from "./chunk-guess.js";
import { chooseChunkIndex } from "./chunk-index/choose.js";
import { ChunkStore } from "./chunk-store.js";
import type { DataElsewhere, ElsewhereLayout } from "./data-elsewhere.js";
import {
  encodeFillMessage,
  encodeFilterMessage,
  encodeLayoutMessage,
  encodeOldFillMessage,
  encodeSpaceMessage,
  encodeTypeMessage,
} from "./dataset-messages.js";
import { encodedAtOnce, encodeValues, newType } from "./encode-values.js";
import { addHardLink, findPlace, makeParents, type Place, placeAtOnce, unlink } from "./groups.js";
import { MAX_MESSAGE } from "./member-storage.js";
import { versionOfNew } from "./object-record.js";
import { allocateContiguous, checkChunkBytes, checkExtent, writeElements, writeNewAtOnce } from "./raw-write.js";
import type { WriteSession } from "./write-session.js";

/** Compact data lie in a header message, whose own fields take 4 bytes. */
const MAX_COMPACT = MAX_MESSAGE - 4;

const seldom = (): Promise<typeof import("./seldom.js")> => import("./seldom.js");

/** Is this the layout of data that lie elsewhere? */
function isElsewhere(layout: DatasetSpec["layout"]): layout is ElsewhereLayout {
  return typeof layout === "object" && (layout.kind === "external" || layout.kind === "virtual");
}

/** A dataset as it will be made. */
interface DatasetPlan {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly layout: DataLayout;
  readonly filters: readonly FilterInfo[];
  readonly fill: FillValue;
  readonly attributes: readonly EncodedAttribute[];
  /** Stored elements of `data`, if it was given. */
  readonly bytes: Uint8Array | undefined;
  /** Where data lie that are not in the file, or not its own. */
  readonly elsewhere?: DataElsewhere | undefined;
}

/** A new dataset at a path, its `data` written. */
export async function createDataset(
  session: WriteSession,
  at: ObjectState,
  path: string,
  spec: DatasetSpec,
  kept: KeptTraits = {},
): Promise<ObjectState> {
  const place = placeAtOnce(session, at, path) ?? (await findPlace(session, at, path));
  const plan = await planDataset(session, spec, kept);
  const type = plan.datatype.committed && (await committedType(session, plan.datatype));
  const files = plan.elsewhere?.externalFiles;
  const external = files === undefined ? undefined : await (await seldom()).writeExternalFiles(session, files);
  const parent = makeParents(session, place);
  const object = await madeOrUndone(session, place, () => makeDataset(session, plan, kept, external));
  if (type !== undefined) type.linkCount++;
  addHardLink(session, parent, place.name, object);
  if (plan.bytes === undefined && plan.fill.allocTime === "early" && files === undefined)
    await allocateEarly(session, object, plan);
  if (plan.bytes !== undefined && plan.layout.kind !== "compact" && plan.dataspace.kind !== "null") {
    const shape = plan.dataspace.kind === "simple" ? plan.dataspace.shape : [];
    try {
      const { signal, onProgress } = spec;
      const call = { signal, onProgress, path: plan.elsewhere && pathBelow(kept.base, path) };
      if (signal !== undefined || onProgress !== undefined || !writeNewAtOnce(session, object, plan.bytes))
        await writeElements(session, object, plan.bytes, resolveSelection(undefined, shape), call);
    } catch (error) {
      // Cancelled: there shall be no dataset without its data.
      if (!isHdf5Error(error, "driver") || error === session.failedElsewhere) await unlink(session, parent, place.name);
      throw error;
    }
  }
  return object;
}

/** What does not fit the format leaves no groups on its way. */
function madeOrUndone(
  session: WriteSession,
  place: Place,
  make: () => ObjectState,
): ObjectState | Promise<ObjectState> {
  try {
    return make();
  } catch (error) {
    const [first] = place.missing;
    if (first === undefined) throw error;
    return unlink(session, place.parent, first).then(() => Promise.reject(error));
  }
}

/** The path of something below a group, as `resolvePath` tells it. */
export function pathBelow(base: string | undefined, path: string): string | undefined {
  const { absolute, parts } = splitPath(path);
  return joinPath(absolute ? "/" : base, ...parts);
}

/** Space for everything that the extent holds, full of fill values. */
async function allocateEarly(
  session: WriteSession,
  object: ObjectState,
  { dataspace, layout }: DatasetPlan,
): Promise<void> {
  if (layout.kind === "contiguous") await allocateContiguous(session, object);
  if (layout.kind !== "chunked" || dataspace.kind !== "simple") return;
  const store = await ChunkStore.of(session, object);
  await store.allocate(
    dataspace.shape.map(() => 0),
    dataspace.shape,
  );
}

async function committedType(session: WriteSession, datatype: Datatype): Promise<ObjectState | undefined> {
  if (datatype.committed === undefined) return undefined;
  const { address, file } = datatype.committed;
  if (file !== undefined && file !== session.file.name) {
    throw new Hdf5UsageError(
      "datatype",
      "is committed to another file",
      "a type of this file, or a copy without `committed`",
    );
  }
  const type = await loadObject(session.file, address);
  if (type.kind !== "datatype")
    throw new Hdf5UsageError("datatype", "names an object that is no datatype", "a committed datatype");
  await session.edit(type);
  return type;
}

async function planDataset(session: WriteSession, spec: DatasetSpec, kept: KeptTraits): Promise<DatasetPlan> {
  checkSpec(spec);
  const { data } = spec;
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
  const large = versionOfNew({ attributeOrder: kept.attributeOrder ?? "none" }, session.context) === 2;
  const attributes: EncodedAttribute[] = [];
  for (const [name, value] of Object.entries(spec.attrs ?? {}))
    attributes.push(await encodeAttributeValue(session, name, value, {}, large));
  const known = kept.fill && { ...kept.fill, bytes: kept.encodeFill?.(session.heaps) ?? kept.fill.bytes };
  const fill =
    known !== undefined
      ? () => known
      : spec.fillValue === undefined
        ? plainFill(spec, datatype)
        : await planFill(session, spec, datatype, spec.fillValue);
  if (data === null) {
    const layout = { kind: "contiguous", version: 3, address: undefined, size: 0 } as const;
    return {
      datatype,
      dataspace: { kind: "null" },
      layout,
      filters: [],
      fill: fill("late"),
      attributes,
      bytes: undefined,
    };
  }
  const encoded =
    data === undefined
      ? undefined
      : (encodedAtOnce(session, data, datatype, spec.shape) ??
        (await encodeValues(session, data, datatype, spec.shape)));
  const shape = spec.shape ?? encoded?.shape ?? [0];
  const maxShape = planMaxShape(spec, shape);
  const rules = { fillBytes: fill("late").bytes, pipeline: kept.pipeline, copied: kept.fill !== undefined };
  const planned = isElsewhere(spec.layout)
    ? await planElsewhereLayout(session, spec, spec.layout, datatype, shape, maxShape)
    : planLayout(session, spec, datatype, shape, maxShape, encoded?.bytes, rules);
  const { layout, filters } = planned;
  // libhdf5 may shrink a chunked dataset, and remembers how large it was only where that is stored.
  const most = maxShape ?? (layout.kind === "chunked" ? shape : undefined);
  const dataspace: Dataspace =
    shape.length === 0 ? { kind: "scalar" } : { kind: "simple", shape: [...shape], ...(most && { maxShape: most }) };
  const allocTime =
    layout.kind === "chunked" || layout.kind === "virtual"
      ? "incremental"
      : layout.kind === "compact"
        ? "early"
        : "late";
  return {
    datatype,
    dataspace,
    layout,
    filters,
    fill: fill(allocTime),
    attributes,
    bytes: encoded?.bytes,
    elsewhere: planned.elsewhere,
  };
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
  return { layout: { kind: "compact", version: 3, data: bytes ?? filled(size, fillBytes) }, filters: [] };
}

/** Is the number of bytes, as a number, the one of 64 bits that is stored? */
function sizeIsExact(shape: readonly number[], elementSize: number): boolean {
  const size = shape.reduce((product, extent) => product * BigInt(extent), BigInt(elementSize));
  return BigInt(Number(size)) === size && size < 2n ** 64n;
}

function filled(size: number, fill: Uint8Array | undefined): Uint8Array {
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

function makeDataset(
  session: WriteSession,
  plan: DatasetPlan,
  { attributeOrder = "none", address }: KeptTraits,
  externalFiles?: Uint8Array | undefined,
): ObjectState {
  const { context } = session;
  const type = encodeTypeMessage(plan.datatype, context);
  const oldFill = encodeOldFillMessage(plan.fill, context);
  const messages = [
    { type: MESSAGE.dataspace, body: encodeSpaceMessage(plan.dataspace, context) },
    { type: MESSAGE.dataLayout, body: encodeLayoutMessage(plan.layout, context) },
    { type: MESSAGE.datatype, ...type },
    { type: MESSAGE.fillValue, flags: 0x01, body: encodeFillMessage(plan.fill, context) },
    ...(oldFill === undefined ? [] : [{ type: MESSAGE.oldFillValue, flags: 0x01, body: oldFill }]),
    ...(plan.filters.length > 0
      ? [{ type: MESSAGE.filterPipeline, flags: 0x01, body: encodeFilterMessage(plan.filters, context) }]
      : []),
    ...(externalFiles === undefined ? [] : [{ type: MESSAGE.externalFiles, flags: 0x01, body: externalFiles }]),
  ];
  for (const { type: number, body } of messages) {
    if (body.length > MAX_MESSAGE) {
      throw new Hdf5UnsupportedError(
        `header messages of ${body.length} bytes (type ${number}; at most ${MAX_MESSAGE})`,
      );
    }
  }
  const { state, record } = session.newObject("dataset", messages, plan.attributes, attributeOrder, address);
  const { datatype, dataspace, layout, filters, fill } = plan;
  const elsewhere = { externalFiles: plan.elsewhere?.externalFiles, mappings: plan.elsewhere?.mappings };
  state.dataset = { datatype, dataspace, layout, filters, fill, ...elsewhere, chunks: undefined };
  for (const attribute of plan.attributes) addAttribute(state, record, attribute);
  return state;
}

/** A new committed datatype at a path; without one it lives as long as something is of it. */
export async function commitDatatype(
  session: WriteSession,
  at: ObjectState,
  path: string | undefined,
  datatype: Datatype,
  attributeOrder: KeptOrder = "none",
): Promise<ObjectState> {
  const place = path === undefined ? undefined : await findPlace(session, at, path);
  const { committed: _, ...own } = datatype;
  const { body } = encodeTypeMessage(own as Datatype, session.context); // the same type without the name of another one
  if (body.length > MAX_MESSAGE) throw new Hdf5UnsupportedError(`datatypes of ${body.length} bytes`);
  const parent = place === undefined ? undefined : makeParents(session, place);
  const messages = [{ type: MESSAGE.datatype, flags: 0x01, body }];
  const { state } = session.newObject("datatype", messages, [], attributeOrder);
  const reference = { kind: "object-reference", address: state.address, file: undefined } as const;
  state.datatype = Object.freeze({ ...(own as Datatype), committed: reference });
  if (parent !== undefined && place !== undefined) addHardLink(session, parent, place.name, state);
  return state;
}
