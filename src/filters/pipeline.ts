/**
 * One chunk through its filters. Encoding runs them in order, decoding in reverse; a set bit of a chunk's filter mask
 * says that this filter was left out for this chunk. Spec: IV.A.2.l; H5Z.c: H5Z_pipeline.
 */
import { Hdf5FilterError, Hdf5UnsupportedError, isHdf5Error } from "../errors.js";
import { encodedBound } from "./deflate.js";
import type { Filter, FilterContext, FilterInfo } from "./filter.js";
import { withoutChecksum } from "./fletcher32.js";
import { filterName, NAMED_FILTERS } from "./names.js";

/** What is known of the chunk. */
export interface ChunkContext {
  /** Bytes of one element. */
  readonly elementSize: number;
  /** Bytes of the chunk before filters. */
  readonly chunkBytes: number;
  /** The chunk's place, for errors: offset of its first element. */
  readonly offset?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** False: fletcher32 sums are cut off unverified. Default true. */
  readonly verifyChecksums?: boolean | undefined;
}

/**
 * The elements of a stored chunk.
 * @param bytes as stored; not changed. The result may be a view of them when no filter applies.
 * @param filterMask bit i set: filter i was not applied.
 * @returns exactly `chunkBytes` bytes.
 * @throws Hdf5FilterError when a filter fails or gives another number of bytes; Hdf5UnsupportedError for a filter that
 * is not at hand.
 */
export async function decodeChunk(
  bytes: Uint8Array,
  filters: readonly FilterInfo[],
  filterMask: number,
  registry: ReadonlyMap<number, Filter>,
  context: ChunkContext,
): Promise<Uint8Array> {
  const applied = filters.filter((_, i) => isApplied(filterMask, i));
  // What each filter was given when the chunk was written bounds what it may give back.
  const bounds = [context.chunkBytes];
  for (const filter of applied) bounds.push(largestOutput(filter.id, bounds[bounds.length - 1] ?? 0));
  let data = bytes;
  for (let i = applied.length - 1; i >= 0; i--) {
    const info = applied[i] as FilterInfo;
    context.signal?.throwIfAborted();
    const filter = registry.get(info.id);
    if (filter === undefined) throw missing(info);
    const maxOutput = bounds[i] ?? 0;
    data = await attempt(info, "decode", context, () =>
      info.id === NAMED_FILTERS.fletcher32 && context.verifyChecksums === false
        ? withoutChecksum(data)
        : filter.decode(data, filterContext(info, context, maxOutput)),
    );
    if (data.length > maxOutput) throw wrongLength(info, context, data.length, `at most ${maxOutput}`);
  }
  if (data.length === context.chunkBytes) return data;
  const last = applied[0];
  if (last !== undefined) throw wrongLength(last, context, data.length, `${context.chunkBytes}`);
  throw new Hdf5FilterError(
    { id: 0, name: "none" },
    "decode",
    `${data.length} bytes are stored, expected ${context.chunkBytes}`,
    {
      chunk: context.offset,
    },
  );
}

/**
 * The bytes to store for a chunk. An optional filter that fails or is not at hand is left out for this chunk, as
 * libhdf5 does.
 * @param bytes the elements, whole; not changed. The result may be a view of them.
 * @throws Hdf5FilterError when a mandatory filter fails; Hdf5UnsupportedError when it is not at hand.
 */
export async function encodeChunk(
  bytes: Uint8Array,
  filters: readonly FilterInfo[],
  registry: ReadonlyMap<number, Filter>,
  context: ChunkContext,
): Promise<{ bytes: Uint8Array; filterMask: number }> {
  let data = bytes;
  let filterMask = 0;
  for (const [i, info] of filters.entries()) {
    context.signal?.throwIfAborted();
    const encode = registry.get(info.id)?.encode;
    if (encode === undefined) {
      if (!info.optional) throw missing(info, "encode");
      filterMask |= 1 << i;
      continue;
    }
    try {
      // A filter may keep its codec in `this`.
      const filter = registry.get(info.id);
      const limit = Number.MAX_SAFE_INTEGER;
      const plain = data;
      data = await attempt(info, "encode", context, () =>
        encode.call(filter, plain, filterContext(info, context, limit)),
      );
    } catch (error) {
      if (!info.optional || !isHdf5Error(error, "filter")) throw error;
      filterMask |= 1 << i;
    }
  }
  return { bytes: data, filterMask: filterMask >>> 0 };
}

function isApplied(filterMask: number, i: number): boolean {
  return i >= 32 || ((filterMask >>> i) & 1) === 0;
}

/** The most bytes that a filter makes of so many. Unknown codecs have headers, and expand a little at worst. */
function largestOutput(id: number, input: number): number {
  switch (id) {
    case NAMED_FILTERS.shuffle:
      return input;
    case NAMED_FILTERS.fletcher32:
      return input + 4;
    case NAMED_FILTERS.deflate:
      return encodedBound(input);
    default:
      return input * 2 + 65_536;
  }
}

function filterContext(info: FilterInfo, context: ChunkContext, maxOutput: number): FilterContext {
  return { values: info.values, elementSize: context.elementSize, maxOutput, signal: context.signal };
}

/** Run a codec. Whatever it throws becomes an error that names filter and chunk; cancelling passes as it is. */
async function attempt(
  info: FilterInfo,
  direction: "decode" | "encode",
  context: ChunkContext,
  run: () => Uint8Array | Promise<Uint8Array>,
): Promise<Uint8Array> {
  const filter = { id: info.id, name: filterName(info.id, info.name) };
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    if (context.signal?.aborted && error === context.signal.reason) throw error;
    if (!(error instanceof Error) || (isHdf5Error(error) && !isHdf5Error(error, "filter"))) throw error;
    // A codec's own Hdf5FilterError begins with the filter's name, which is said again here with the chunk.
    const finding = error.message.replace(/^filter \d+ \([^)]*\), (?:de|en)code: /, "");
    throw new Hdf5FilterError(filter, direction, finding, { chunk: context.offset, cause: error });
  }
  if (result instanceof Uint8Array) return result;
  throw new Hdf5FilterError(filter, direction, "gives no Uint8Array", { chunk: context.offset });
}

function wrongLength(info: FilterInfo, context: ChunkContext, found: number, expected: string): Hdf5FilterError {
  const filter = { id: info.id, name: filterName(info.id, info.name) };
  return new Hdf5FilterError(filter, "decode", `gives ${found} bytes, expected ${expected}`, { chunk: context.offset });
}

/** The error for a filter whose codec is not at hand, or cannot encode. */
export function missing(info: FilterInfo, direction?: "encode"): Hdf5UnsupportedError {
  const what = direction === "encode" ? "writing with filter" : "filter";
  const name = filterName(info.id, info.name);
  return new Hdf5UnsupportedError(`${what} ${info.id} (${name}); ${howToGet(info.id)}`);
}

/** Filters whose codecs h5ts/filters has, by the name of its export. */
const EXTRA: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [305, "lzo"],
  [307, "bzip2"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bitshuffle"],
  [32013, "zfp"],
  [32015, "zstd"],
]);

/** What a user can do about a filter that is not at hand. */
function howToGet(id: number): string {
  const name = EXTRA.get(id);
  const codec = name === undefined ? "its codec" : `${name} of h5ts/filters`;
  return `pass ${codec} in the option filters of open or create`;
}
