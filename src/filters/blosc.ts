/**
 * Blosc (filter 32001), format version 2, read only. Registered filter; blosc_filter.c of hdf5-blosc, blosc.c of c-blosc.
 * Client data values: revision of the filter | version of the format | bytes of an element | bytes of a chunk | level
 * | shuffle (0 none, 1 bytes, 2 bits) | codec. What a chunk is made with stands in the chunk:
 *
 *   version u8 | codec version u8 | flags u8 | bytes of an element u8 | length u32 | bytes in a block u32 | stored length u32
 *   | per block: its place u32 | blocks
 *   flags: 0x01 bytes shuffled, 0x02 stored as it is, 0x04 bits shuffled, 0x10 blocks are not split, bits 5–7 codec
 *   block: per part (one, or one for each byte of an element): stored length u32 | data; as they are when lengths are equal
 */
import { inflate } from "#zlib";
import { Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { fromBitPlanes } from "./bit-planes.js";
import { decodeBlosclz } from "./blosclz.js";
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext, FilterSpec } from "./filter.js";
import { decodeLz4Block } from "./lz4-block.js";
import { unshuffle } from "./shuffle.js";
import { decodeSnappy } from "./snappy.js";
import { decodeZstd } from "./zstd-frame.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 32001, name: "blosc" });
const VERSION = 2; // BLOSC_VERSION_FORMAT, FILTER_BLOSC_VERSION
const HEADER_BYTES = 16; // BLOSC_MAX_OVERHEAD
const FLAG = { bytes: 0x01, plain: 0x02, bits: 0x04, whole: 0x10 } as const; // BLOSC_DOSHUFFLE …
const MAX_SPLITS = 16;
const LEAST_SPLIT = 128; // MIN_BUFFERSIZE

/** Codes that ask for a codec. In the chunk, lz4hc is lz4, and the numbers after it are one less. */
const COMPRESSORS = { blosclz: 0, lz4: 1, lz4hc: 2, snappy: 3, zlib: 4, zstd: 5 } as const;
const SHUFFLES = { none: 0, bytes: 1, bits: 2 } as const;

type Fail = (finding: string) => never;
type Decoder = (bytes: Uint8Array, out: Uint8Array, put: number, end: number, fail: Fail) => number | Promise<number>;

/** By the codec in the flags. */
const DECODERS: readonly Decoder[] = [decodeBlosclz, decodeLz4Block, decodeSnappy, decodeZlib, decodeZstd];

/** Options of the filter. */
export interface BloscOptions {
  readonly compressor?: keyof typeof COMPRESSORS | undefined;
  readonly shuffle?: keyof typeof SHUFFLES | undefined;
  /** 0 (stored) to 9; 5 by default. */
  readonly level?: number | undefined;
}

/** The codec of filter 32001. */
export const blosc: Filter & { spec(options?: BloscOptions): FilterSpec } = /* @__PURE__ */ Object.freeze({
  ...NAME,
  async decode(bytes: Uint8Array, context: FilterContext): Promise<Uint8Array> {
    const fail = faultOf(NAME, "decode");
    const header = headerOf(bytes, context.maxOutput, fail);
    const { flags, size, total, block } = header;
    if ((flags & FLAG.plain) !== 0) {
      if (bytes.length < HEADER_BYTES + total) fail("the data end early");
      return bytes.subarray(HEADER_BYTES, HEADER_BYTES + total);
    }
    const out = new Uint8Array(total);
    const shuffled = size > 1 && (flags & FLAG.bytes) !== 0 ? "bytes" : (flags & FLAG.bits) !== 0 ? "bits" : undefined;
    const decoder = DECODERS[flags >> 5] ?? fail(`has the codec ${flags >> 5}`);
    const work = shuffled === undefined ? out : new Uint8Array(block);
    for (let i = 0, from = 0; from < total; i++, from += block) {
      context.signal?.throwIfAborted();
      const length = Math.min(block, total - from);
      const put = shuffled === undefined ? from : 0;
      const isSplit =
        (flags & FLAG.whole) === 0 && size <= MAX_SPLITS && length === block && block / size >= LEAST_SPLIT;
      await decodeBlock(bytes, header.places[i] as number, isSplit ? size : 1, decoder, work, put, length, fail);
      if (shuffled === "bytes") unshuffleBytes(work, out, from, size, length);
      else if (shuffled === "bits") unshuffleBits(work, out, from, size, length);
    }
    return out;
  },
  configure(
    values: readonly number[],
    dataset: { readonly datatype: Datatype; readonly chunkShape: readonly number[] },
  ): readonly number[] {
    const { size } = dataset.datatype;
    const chunk = dataset.chunkShape.reduce((product, extent) => product * extent, size);
    return [VERSION, VERSION, size > 255 ? 1 : size, chunk, ...values.slice(4)];
  },
  /**
   * Blosc, for a codec of yours that encodes.
   * @throws Hdf5UsageError for an option that is none of those known.
   */
  spec(options: BloscOptions = {}): FilterSpec {
    const { compressor = "blosclz", shuffle = "bytes", level = 5 } = options;
    if (!Object.hasOwn(COMPRESSORS, compressor)) {
      throw new Hdf5UsageError("compressor", `is ${String(compressor)}`, Object.keys(COMPRESSORS).join(", "));
    }
    if (!Object.hasOwn(SHUFFLES, shuffle)) {
      throw new Hdf5UsageError("shuffle", `is ${String(shuffle)}`, Object.keys(SHUFFLES).join(", "));
    }
    if (!Number.isInteger(level) || level < 0 || level > 9) {
      throw new Hdf5UsageError("level", `is ${String(level)}`, "a whole number from 0 to 9");
    }
    return { ...NAME, values: [VERSION, VERSION, 0, 0, level, SHUFFLES[shuffle], COMPRESSORS[compressor]] };
  },
});

interface Header {
  readonly flags: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly total: number;
  readonly block: number;
  readonly places: readonly number[];
}

function headerOf(bytes: Uint8Array, maxOutput: number, fail: Fail): Header {
  if (bytes.length < HEADER_BYTES) fail(`has ${bytes.length} bytes, expected a header of ${HEADER_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, , flags, size] = bytes as unknown as readonly [number, number, number, number]; // there are 16
  if (version < 1 || version > VERSION) fail(`has version ${version} of the format, at most ${VERSION}`);
  const total = view.getUint32(4, true);
  const block = view.getUint32(8, true);
  if (total > maxOutput) fail(`says that it gives ${total} bytes, at most ${maxOutput}`);
  if (size === 0) fail("has elements of 0 bytes");
  if ((flags & FLAG.plain) !== 0) return { flags, size, total, block, places: [] };
  if (total > 0 && (block === 0 || block > total)) fail(`has blocks of ${block} bytes in ${total}`);
  const count = total === 0 ? 0 : Math.ceil(total / block);
  if (HEADER_BYTES + count * 4 > bytes.length) fail(`has no room for the places of ${count} blocks`);
  const places = Array.from({ length: count }, (_, i) => view.getUint32(HEADER_BYTES + 4 * i, true));
  return { flags, size, total, block, places };
}

async function decodeBlock(
  bytes: Uint8Array,
  place: number,
  parts: number,
  decoder: Decoder,
  out: Uint8Array,
  put: number,
  length: number,
  fail: Fail,
): Promise<void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = Math.floor(length / parts);
  if (part * parts !== length) fail(`has blocks of ${length} bytes in ${parts} parts`);
  let at = place;
  for (let i = 0; i < parts; i++) {
    if (at + 4 > bytes.length) fail("the data end within a block");
    const stored = view.getUint32(at, true);
    at += 4;
    if (stored > bytes.length - at) fail("the data end within a block");
    const data = bytes.subarray(at, at + stored);
    const from = put + i * part;
    if (stored === part) out.set(data, from);
    else {
      const given = (await decoder(data, out, from, from + part, fail)) - from;
      if (given !== part) fail(`a block gives ${given} bytes, expected ${part}`);
    }
    at += stored;
  }
}

async function decodeZlib(bytes: Uint8Array, out: Uint8Array, put: number, end: number, fail: Fail): Promise<number> {
  let plain: Uint8Array;
  try {
    plain = await inflate(bytes, end - put);
  } catch (error) {
    // Each platform's zlib has errors of its own.
    return fail(error instanceof Error ? error.message : String(error));
  }
  out.set(plain, put);
  return put + plain.length;
}

function unshuffleBytes(planes: Uint8Array, out: Uint8Array, put: number, size: number, length: number): void {
  const count = Math.floor(length / size);
  const elements = new Uint8Array(count * size);
  unshuffle(planes, elements, size, count);
  out.set(elements, put);
  out.set(planes.subarray(elements.length, length), put + elements.length);
}

/** Blocks whose elements are no multiple of 8 are not shuffled. */
function unshuffleBits(planes: Uint8Array, out: Uint8Array, put: number, size: number, length: number): void {
  const count = Math.floor(length / size);
  const shuffled = count % 8 === 0 ? count : 0;
  fromBitPlanes(planes, 0, out, put, shuffled, size);
  out.set(planes.subarray(shuffled * size, length), put + shuffled * size);
}
