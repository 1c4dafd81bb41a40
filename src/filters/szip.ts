/**
 * Szip (filter 4): the extended Rice code of CCSDS 121.0-B, read only. Spec: IV.A.2.l; H5Zszip.c; sz_compat.c of libaec.
 * Four client data values: options, samples per block, bits per sample, samples per scan line.
 *
 *   length before the filter u32 | blocks of samples, bit by bit, without gaps
 *
 * A scan line is a whole number of blocks, its last samples being padding. Samples of 32 and 64 bits are taken apart:
 * first bytes of all elements, then second bytes, and so on. Whether the options speak of a header or of k = 13 makes
 * no difference to the bits.
 */
import { type BitReader, bitReader } from "./bits.js";
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext } from "./filter.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 4, name: "szip" }); // H5Z_FILTER_SZIP
const BIG_ENDIAN = 16; // SZ_MSB_OPTION_MASK
const PREDICTED = 32; // SZ_NN_OPTION_MASK
const MAX_BLOCK = 64;
const MAX_LINE = 65_536;
/** A run of zero blocks of this length reaches the end of its segment of 64 blocks, or of the scan line. */
const REST_OF_SEGMENT = 5;
const SEGMENT_BLOCKS = 64;
/** Sums of two samples in the second extension. */
const MAX_PAIR_SUM = 12;

type Fail = (finding: string) => never;

/** The codec of filter 4, for reading. */
export const szipFilter: Filter = /* @__PURE__ */ Object.freeze({
  ...NAME,
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(NAME, "decode");
    const [options, block, bits, line] = context.values;
    if (options === undefined || block === undefined || bits === undefined || line === undefined) {
      return fail(`has ${context.values.length} values, expected 4`);
    }
    if (block < 2 || block > MAX_BLOCK || block % 2 !== 0) fail(`has blocks of ${block} samples`);
    if (line < 1 || line > MAX_LINE) fail(`has scan lines of ${line} samples, at most ${MAX_LINE}`);
    const apart = bits === 32 || bits === 64;
    if (bits < 1 || (bits > 24 && !apart)) fail(`has samples of ${bits} bits`);
    if (bytes.length < 4) fail(`has ${bytes.length} bytes, expected a length of 4`);
    const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    if (length > context.maxOutput) fail(`says that it gives ${length} bytes, at most ${context.maxOutput}`);
    const sampleBits = apart ? 8 : bits;
    const sampleBytes = sampleBits > 16 ? 4 : sampleBits > 8 ? 2 : 1;
    const out = new Uint8Array(length);
    const coding: Coding = {
      block,
      lineBlocks: Math.ceil(line / block),
      bits: sampleBits,
      predicted: (options & PREDICTED) !== 0,
    };
    const samples = new Uint32Array(coding.lineBlocks * block);
    const reader = bitReader(bytes, 4, fail);
    const put = putter(out, sampleBytes, (options & BIG_ENDIAN) !== 0);
    const total = Math.floor(length / sampleBytes);
    for (let done = 0; done < total; done += line) {
      const wanted = Math.min(line, total - done);
      decodeLine(reader, coding, samples, wanted, fail);
      for (let i = 0; i < wanted; i++) put(done + i, samples[i] as number);
    }
    return apart ? together(out, bits / 8) : out;
  },
} satisfies Filter);

interface Coding {
  /** Samples in a block. */
  readonly block: number;
  /** Blocks in a scan line. */
  readonly lineBlocks: number;
  readonly bits: number;
  /** Samples are differences from the one before; the first of each line is a value. */
  readonly predicted: boolean;
}

/** At least the first `wanted` samples of a scan line, padding included. */
function decodeLine(reader: BitReader, coding: Coding, samples: Uint32Array, wanted: number, fail: Fail): void {
  const { block, lineBlocks, bits, predicted } = coding;
  const idBits = bits > 16 ? 5 : bits > 8 ? 4 : 3;
  const uncoded = 2 ** idBits - 1;
  for (let b = 0; b * block < wanted; ) {
    const id = reader.take(idBits);
    const end = b * block + block;
    // The first sample of a line is a value by itself, unless the whole block is stored as values.
    const reference = predicted && b === 0 && id !== uncoded ? 1 : 0;
    const start = b * block + reference;
    const low = id === 0 ? reader.take(1) : 0;
    if (reference === 1) samples[0] = reader.take(bits);
    b++;
    if (id === uncoded) {
      for (let i = start; i < end; i++) samples[i] = reader.take(bits);
    } else if (id > 0) {
      const k = id - 1;
      for (let i = start; i < end; i++) samples[i] = reader.zeros() * 2 ** k;
      if (k > 0) for (let i = start; i < end; i++) samples[i] = (samples[i] as number) + reader.take(k);
    } else if (low === 1) {
      secondExtension(reader, samples, start, end, fail);
    } else {
      const run = reader.zeros() + 1;
      const rest = Math.min(lineBlocks - (b - 1), SEGMENT_BLOCKS - ((b - 1) % SEGMENT_BLOCKS));
      const blocks = run === REST_OF_SEGMENT ? rest : run > REST_OF_SEGMENT ? run - 1 : run;
      if (b - 1 + blocks > lineBlocks) fail(`has ${blocks} blocks of zeros, more than are left of the scan line`);
      samples.fill(0, start, (b - 1 + blocks) * block);
      b += blocks - 1;
    }
  }
  if (predicted) integrate(samples, wanted, bits);
}

/** Pairs of samples by their sum s and the second d: s (s + 1) / 2 + d zeros. With a reference, the first of a pair is it. */
function secondExtension(reader: BitReader, samples: Uint32Array, start: number, end: number, fail: Fail): void {
  for (let i = start; i < end; ) {
    const code = reader.zeros();
    const sum = Math.floor((Math.sqrt(8 * code + 1) - 1) / 2);
    if (sum > MAX_PAIR_SUM) fail(`has the code ${code} for a pair of samples`);
    const second = code - (sum * (sum + 1)) / 2;
    if (i % 2 === 0) samples[i++] = sum - second;
    if (i < end) samples[i++] = second;
  }
}

/** Undo the prediction: differences are mapped to whole numbers, alternating in sign as far as both signs are possible. */
function integrate(samples: Uint32Array, count: number, bits: number): void {
  const most = 2 ** bits - 1;
  let value = samples[0] as number; // a line has a sample
  for (let i = 1; i < count; i++) {
    const mapped = samples[i] as number;
    const reach = Math.min(value, most - value);
    if (mapped <= 2 * reach) value += mapped % 2 === 0 ? mapped / 2 : -(mapped + 1) / 2;
    else value = value <= most - value ? mapped : most - mapped;
    value &= most;
    samples[i] = value;
  }
}

function putter(out: Uint8Array, sampleBytes: number, bigEndian: boolean): (index: number, sample: number) => void {
  const view = new DataView(out.buffer);
  switch (sampleBytes) {
    case 1:
      return (index, sample) => {
        out[index] = sample;
      };
    case 2:
      return (index, sample) => view.setUint16(index * 2, sample, !bigEndian);
    default:
      return (index, sample) => view.setUint32(index * 4, sample, !bigEndian);
  }
}

/** Bytes of all elements one after another → elements. */
function together(planes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(planes.length);
  const count = Math.floor(planes.length / size);
  for (let byte = 0, from = 0; byte < size; byte++) {
    for (let i = 0; i < count; i++) out[i * size + byte] = planes[from++] as number;
  }
  return out;
}
