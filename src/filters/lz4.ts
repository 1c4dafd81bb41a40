/**
 * LZ4 (filter 32004). Registered filter; H5Zlz4.c of the HDF5 plug-ins. One client data value at most: bytes of a block,
 * 1 GiB by default. All big-endian:
 *
 *   length u64 | bytes of a block u32 | per block: stored length u32 | LZ4 block; or the bytes, when the lengths are equal
 */
import { Hdf5UsageError } from "../errors.js";
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext, FilterSpec } from "./filter.js";
import { decodeLz4Block, encodeLz4Block } from "./lz4-block.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 32004, name: "lz4" });
const HEADER_BYTES = 12;
const DEFAULT_BLOCK = 2 ** 30;
const MAX_BLOCK = 0x7e000000; // LZ4_MAX_INPUT_SIZE

/** The codec of filter 32004. */
export const lz4: Filter & { spec(options?: { readonly blockBytes?: number | undefined }): FilterSpec } =
  /* @__PURE__ */ Object.freeze({
    ...NAME,
    decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
      const fail = faultOf(NAME, "decode");
      if (bytes.length < HEADER_BYTES) fail(`has ${bytes.length} bytes, expected a header of ${HEADER_BYTES}`);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const total = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
      const block = view.getUint32(8);
      if (total > context.maxOutput) fail(`says that it gives ${total} bytes, at most ${context.maxOutput}`);
      if (block === 0 && total > 0) fail("has blocks of 0 bytes");
      if (total > bytes.length * 256) fail(`says that it gives ${total} bytes of ${bytes.length}`);
      const out = new Uint8Array(total);
      let at = HEADER_BYTES;
      for (let put = 0; put < total; put += block) {
        if (at + 4 > bytes.length) fail("the data end early");
        const stored = view.getUint32(at);
        const plain = Math.min(block, total - put);
        at += 4;
        if (stored > bytes.length - at) fail("the data end within a block");
        const data = bytes.subarray(at, at + stored);
        if (stored === plain) out.set(data, put);
        else {
          const given = decodeLz4Block(data, out, put, put + plain, fail) - put;
          if (given !== plain) fail(`a block gives ${given} bytes, expected ${plain}`);
        }
        at += stored;
      }
      return out;
    },
    encode(bytes: Uint8Array, context: FilterContext): Uint8Array {
      const asked = context.values[0] || DEFAULT_BLOCK;
      const block = Math.max(1, Math.min(asked, MAX_BLOCK, bytes.length));
      const parts: Uint8Array[] = [];
      const header = new Uint8Array(HEADER_BYTES);
      const view = new DataView(header.buffer);
      view.setBigUint64(0, BigInt(bytes.length));
      view.setUint32(8, block);
      parts.push(header);
      for (let from = 0; from < bytes.length; from += block) {
        const plain = bytes.subarray(from, from + block);
        const packed = encodeLz4Block(plain);
        const stored = packed.length < plain.length ? packed : plain;
        const length = new Uint8Array(4);
        new DataView(length.buffer).setUint32(0, stored.length);
        parts.push(length, stored);
      }
      return joined(parts);
    },
    /**
     * LZ4.
     * @param options.blockBytes bytes coded together, from 1 to 2,113,929,216; by default the whole chunk.
     * @throws Hdf5UsageError for any other number.
     */
    spec(options: { readonly blockBytes?: number | undefined } = {}): FilterSpec {
      const { blockBytes } = options;
      if (blockBytes === undefined) return { ...NAME, values: [0] };
      if (!Number.isInteger(blockBytes) || blockBytes < 1 || blockBytes > MAX_BLOCK) {
        throw new Hdf5UsageError("blockBytes", `is ${String(blockBytes)}`, `a whole number from 1 to ${MAX_BLOCK}`);
      }
      return { ...NAME, values: [blockBytes] };
    },
  });

/** Parts one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
