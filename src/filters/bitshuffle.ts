/**
 * Bitshuffle (filter 32008). Registered filter; bshuf_h5filter.c of bitshuffle.
 * Client data values: version (0, 4) | bytes of an element | elements in a block, 0 for about 8 KiB | codec | level.
 * The elements are divided into blocks, the last one shorter, each a multiple of 8; what is left stays as it is.
 *
 *   codec 0:        blocks of bit planes | left-over bytes
 *   codec 2 and 3:  length u64 | bytes in a block u32 | per block: stored length u32 | LZ4 block or Zstandard frame
 *                   | left-over bytes     all big-endian
 */
import { Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { fromBitPlanes, toBitPlanes } from "./bit-planes.js";
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext, FilterSpec } from "./filter.js";
import { joined } from "./lz4.js";
import { decodeLz4Block, encodeLz4Block } from "./lz4-block.js";
import { decodeZstd } from "./zstd-frame.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 32008, name: "bitshuffle" });
const CODEC = { none: 0, lz4: 2, zstd: 3 } as const; // BSHUF_H5_COMPRESS_LZ4, BSHUF_H5_COMPRESS_ZSTD
const VERSION = [0, 4] as const; // BSHUF_VERSION_MAJOR, BSHUF_VERSION_MINOR
const HEADER_BYTES = 12;
const BLOCK_BYTES = 8192; // BSHUF_TARGET_BLOCK_SIZE_B
const LEAST_BLOCK = 128; // BSHUF_MIN_RECOMMEND_BLOCK
const MULTIPLE = 8; // BSHUF_BLOCKED_MULT

type Fail = (finding: string) => never;

/** Options of the filter. */
export interface BitshuffleOptions {
  /** The codec behind the shuffle: "lz4" (default) or "none". Zstandard is read only. */
  readonly compression?: "lz4" | "none" | undefined;
  /** Elements in a block, a multiple of 8; by default as many as have about 8 KiB. */
  readonly blockElements?: number | undefined;
}

/** The codec of filter 32008. */
export const bitshuffle: Filter & { spec(options?: BitshuffleOptions): FilterSpec } = /* @__PURE__ */ Object.freeze({
  ...NAME,
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(NAME, "decode");
    const { size, block, codec } = parametersOf(context.values, fail);
    if (codec === CODEC.none) {
      if (bytes.length > context.maxOutput) fail(`gives ${bytes.length} bytes, at most ${context.maxOutput}`);
      const out = new Uint8Array(bytes.length);
      const count = Math.floor(bytes.length / size);
      const left = eachBlock(count, block, (from, elements) => {
        fromBitPlanes(bytes, from * size, out, from * size, elements, size);
      });
      out.set(bytes.subarray(left * size), left * size);
      return out;
    }
    if (bytes.length < HEADER_BYTES) fail(`has ${bytes.length} bytes, expected a header of ${HEADER_BYTES}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const total = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
    const blockBytes = view.getUint32(8);
    if (total > context.maxOutput) fail(`says that it gives ${total} bytes, at most ${context.maxOutput}`);
    if (total % size !== 0) fail(`says that it gives ${total} bytes, no multiple of ${size}`);
    const stated = Math.floor(blockBytes / size);
    if (blockBytes % size !== 0 || stated === 0 || stated % MULTIPLE !== 0) fail(`has blocks of ${blockBytes} bytes`);
    const out = new Uint8Array(total);
    const planes = new Uint8Array(Math.min(stated * size, total));
    let at = HEADER_BYTES;
    const left = eachBlock(total / size, stated, (from, elements) => {
      if (at + 4 > bytes.length) fail("the data end early");
      const stored = view.getUint32(at);
      at += 4;
      if (stored > bytes.length - at) fail("the data end within a block");
      const plain = elements * size;
      const given = decodeBlock(codec, bytes.subarray(at, at + stored), planes, plain, fail);
      if (given !== plain) fail(`a block gives ${given} bytes, expected ${plain}`);
      at += stored;
      fromBitPlanes(planes, 0, out, from * size, elements, size);
    });
    const rest = total - left * size;
    if (rest > bytes.length - at) fail("the data end early");
    out.set(bytes.subarray(at, at + rest), left * size);
    return out;
  },
  encode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(NAME, "encode");
    const { size, block, codec } = parametersOf(context.values, fail);
    if (codec === CODEC.zstd) fail("has no encoder for Zstandard");
    if (bytes.length % size !== 0) fail(`is given ${bytes.length} bytes, no multiple of ${size}`);
    const parts: Uint8Array[] = [];
    if (codec === CODEC.lz4) {
      const header = new DataView(new ArrayBuffer(HEADER_BYTES));
      header.setBigUint64(0, BigInt(bytes.length));
      header.setUint32(8, block * size);
      parts.push(new Uint8Array(header.buffer));
    }
    const left = eachBlock(bytes.length / size, block, (from, elements) => {
      const planes = new Uint8Array(elements * size);
      toBitPlanes(bytes, from * size, planes, elements, size);
      if (codec === CODEC.none) {
        parts.push(planes);
        return;
      }
      const packed = encodeLz4Block(planes);
      const length = new DataView(new ArrayBuffer(4));
      length.setUint32(0, packed.length);
      parts.push(new Uint8Array(length.buffer), packed);
    });
    parts.push(bytes.subarray(left * size));
    return joined(parts);
  },
  configure(values: readonly number[], dataset: { readonly datatype: Datatype }): readonly number[] {
    // What is stored begins with the version; what is asked for are block and codec alone.
    const [block = 0, codec = 0, ...level] = values.length > 2 ? values.slice(3) : values;
    return [...VERSION, dataset.datatype.size, block, codec, ...level];
  },
  /**
   * Bitshuffle.
   * @throws Hdf5UsageError for a block that is no multiple of 8, or another codec.
   */
  spec(options: BitshuffleOptions = {}): FilterSpec {
    const { compression = "lz4", blockElements = 0 } = options;
    if (compression !== "lz4" && compression !== "none") {
      throw new Hdf5UsageError("compression", `is ${String(compression)}`, '"lz4" or "none"');
    }
    if (!Number.isInteger(blockElements) || blockElements < 0 || blockElements % MULTIPLE !== 0) {
      throw new Hdf5UsageError("blockElements", `is ${String(blockElements)}`, `a multiple of ${MULTIPLE}`);
    }
    return { ...NAME, values: [blockElements, CODEC[compression]] };
  },
});

function parametersOf(values: readonly number[], fail: Fail): { size: number; block: number; codec: number } {
  const [, , size = 0, asked = 0, codec = 0] = values;
  if (size === 0) fail("has elements of 0 bytes");
  if (asked % MULTIPLE !== 0) fail(`has blocks of ${asked} elements, no multiple of ${MULTIPLE}`);
  if (codec !== CODEC.none && codec !== CODEC.lz4 && codec !== CODEC.zstd) fail(`has the codec ${codec}`);
  const wished = Math.floor(BLOCK_BYTES / size);
  const block = asked || Math.max(LEAST_BLOCK, wished - (wished % MULTIPLE));
  return { size, block, codec };
}

/** Run over whole blocks and a last, shorter one. @returns the number of elements in them; fewer than 8 are left over. */
function eachBlock(count: number, block: number, run: (from: number, elements: number) => void): number {
  let from = 0;
  for (; count - from >= block; from += block) run(from, block);
  const last = count - from - ((count - from) % MULTIPLE);
  if (last > 0) run(from, last);
  return from + last;
}

function decodeBlock(codec: number, bytes: Uint8Array, planes: Uint8Array, plain: number, fail: Fail): number {
  return codec === CODEC.lz4
    ? decodeLz4Block(bytes, planes, 0, plain, fail)
    : decodeZstd(bytes, planes, 0, plain, fail);
}
