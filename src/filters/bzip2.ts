/**
 * Bzip2 (filter 307), read only. Registered filter; H5Zbzip2.c. One client data value, the block size in 100 kB.
 * Format: bzip2's decompress.c, since there is no specification. Bits, the most significant first:
 *
 *   "BZh" | digit: block size in 100 kB | blocks | 0x177245385090 | checksum of all blocks u32
 *   block: 0x314159265359 | checksum u32 | randomised u1 | origin u24 | bytes in use: 16 bits, then 16 for each one set
 *   | Huffman tables u3 | selectors u15: unary each | tables: first length u5, then changes | symbols
 *
 * Undone in reverse: Huffman code, runs of the most recent byte, move to front, Burrows–Wheeler transform, runs of 4 bytes.
 */
import { Hdf5UsageError } from "../errors.js";
import { type BitReader, bitReader } from "./bits.js";
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext, FilterSpec } from "./filter.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 307, name: "bzip2" });
const BLOCK = [0x314159, 0x265359] as const;
const END = [0x177245, 0x385090] as const;
const GROUP = 50; // symbols that one selector is for
const MAX_LENGTH = 20;
const SHORT_BITS = 10;
const RUN_B = 1; // symbols 0 and 1 are digits of a run

type Fail = (finding: string) => never;

/** The codec of filter 307. */
export const bzip2: Filter & { spec(options?: { readonly level?: number | undefined }): FilterSpec } =
  /* @__PURE__ */ Object.freeze({
    ...NAME,
    decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
      const fail = faultOf(NAME, "decode");
      const reader = bitReader(bytes, 0, fail);
      const level = reader.take(24) === 0x425a68 ? reader.take(8) - 48 : 0;
      if (level < 1 || level > 9) fail("does not begin as bzip2 data do");
      // The first runs make five bytes of four at worst.
      const symbols = new Uint32Array(Math.min(level * 100_000, Math.ceil(context.maxOutput * 1.25) + 1));
      const out = new Uint8Array(context.maxOutput);
      let put = 0;
      let combined = 0;
      for (;;) {
        const magic = [reader.take(24), reader.take(24)];
        const stored = reader.take(32);
        if (magic[0] === END[0] && magic[1] === END[1]) {
          if (stored !== combined) fail("the checksum of all blocks differs");
          return out.subarray(0, put);
        }
        if (magic[0] !== BLOCK[0] || magic[1] !== BLOCK[1]) fail("a block does not begin as one");
        const end = decodeBlock(reader, symbols, out, put, fail);
        const sum = checksum(out, put, end);
        if (sum !== stored) fail("a block's checksum differs from that of its data");
        combined = (((combined << 1) | (combined >>> 31)) ^ sum) >>> 0;
        put = end;
      }
    },
    /**
     * Bzip2, for a codec of yours that encodes.
     * @param options.level block size in 100 kB, 1 to 9; 9 by default.
     * @throws Hdf5UsageError for any other level.
     */
    spec(options: { readonly level?: number | undefined } = {}): FilterSpec {
      const { level = 9 } = options;
      if (!Number.isInteger(level) || level < 1 || level > 9) {
        throw new Hdf5UsageError("level", `is ${String(level)}`, "a whole number from 1 to 9");
      }
      return { ...NAME, values: [level] };
    },
  });

/** Decode a block into `out` from `put` on. @returns the end of what was written. */
function decodeBlock(reader: BitReader, symbols: Uint32Array, out: Uint8Array, put: number, fail: Fail): number {
  if (reader.take(1) === 1) fail("a block is randomised, as bzip2 before 0.9.5 did");
  const origin = reader.take(24);
  const bytesInUse = readBytesInUse(reader);
  if (bytesInUse.length === 0) fail("a block uses no bytes");
  const codes = readCodes(reader, bytesInUse.length + 2, fail);
  const count = readSymbols(reader, bytesInUse, codes, symbols, fail);
  if (origin >= count) fail(`a block has the origin ${origin} of ${count}`);
  link(symbols, count);
  return expand(symbols, count, origin, out, put, fail);
}

function readBytesInUse(reader: BitReader): number[] {
  const groups = reader.take(16);
  const inUse: number[] = [];
  for (let i = 0; i < 16; i++) {
    if (((groups >> (15 - i)) & 1) === 0) continue;
    const members = reader.take(16);
    for (let j = 0; j < 16; j++) if (((members >> (15 - j)) & 1) === 1) inUse.push(i * 16 + j);
  }
  return inUse;
}

/** A Huffman code: by length, the first code, and where its symbols begin. */
interface Code {
  /** Next bits → length and symbol of a short code, × 512 and added; 0 for the others. */
  readonly short: Uint16Array;
  readonly first: readonly number[];
  readonly count: readonly number[];
  readonly start: readonly number[];
  readonly symbols: readonly number[];
}

interface Codes {
  readonly selectors: Uint8Array;
  readonly tables: readonly Code[];
}

function readCodes(reader: BitReader, alphabet: number, fail: Fail): Codes {
  const tableCount = reader.take(3);
  if (tableCount < 2 || tableCount > 6) fail(`a block has ${tableCount} Huffman tables`);
  const selectors = new Uint8Array(reader.take(15));
  if (selectors.length === 0) fail("a block has no selectors");
  const recent = Array.from({ length: tableCount }, (_, i) => i);
  for (let i = 0; i < selectors.length; i++) {
    let place = 0;
    while (reader.take(1) === 1) if (++place >= tableCount) fail("a selector is beyond the tables");
    const [table] = recent.splice(place, 1) as [number]; // place is inside
    recent.unshift(table);
    selectors[i] = table;
  }
  const tables = Array.from({ length: tableCount }, () => {
    let length = reader.take(5);
    const lengths = Array.from({ length: alphabet }, () => {
      while (reader.take(1) === 1) {
        length += reader.take(1) === 0 ? 1 : -1;
        if (length < 1 || length > MAX_LENGTH) fail(`a code has ${length} bits`);
      }
      if (length < 1 || length > MAX_LENGTH) fail(`a code has ${length} bits`);
      return length;
    });
    return codeOf(lengths);
  });
  return { selectors, tables };
}

function codeOf(lengths: readonly number[]): Code {
  const first: number[] = [];
  const count: number[] = [];
  const start: number[] = [];
  const symbols: number[] = [];
  let code = 0;
  for (let length = 0; length <= MAX_LENGTH; length++) {
    start[length] = symbols.length;
    first[length] = code;
    for (const [symbol, own] of lengths.entries()) if (own === length) symbols.push(symbol);
    count[length] = symbols.length - (start[length] as number);
    code = (code + (count[length] as number)) * 2;
  }
  const short = new Uint16Array(1 << SHORT_BITS);
  for (let length = 1; length <= SHORT_BITS; length++) {
    for (let i = 0; i < (count[length] as number); i++) {
      const from = ((first[length] as number) + i) << (SHORT_BITS - length);
      const symbol = symbols[(start[length] as number) + i] as number;
      short.fill(length * 512 + symbol, from, from + (1 << (SHORT_BITS - length)));
    }
  }
  return { short, first, count, start, symbols };
}

/** The bytes of a block before the Burrows–Wheeler transform was undone. @returns how many. */
function readSymbols(
  reader: BitReader,
  bytesInUse: readonly number[],
  { selectors, tables }: Codes,
  symbols: Uint32Array,
  fail: Fail,
): number {
  const recent = [...bytesInUse];
  const end = bytesInUse.length + 1;
  let count = 0;
  let run = 0;
  let digit = 1;
  for (let read = 0; ; read++) {
    const table = tables[selectors[Math.floor(read / GROUP)] ?? fail("a block has too few selectors")] as Code;
    const entry = table.short[reader.peek(SHORT_BITS)] as number; // as many as there are
    if (entry > 0) reader.take(entry >> 9);
    const symbol = entry > 0 ? entry & 511 : longSymbol(reader, table, fail);
    if (symbol <= RUN_B) {
      run += digit << symbol;
      digit *= 2;
      if (run > symbols.length - count) fail("a block is longer than its size");
      continue;
    }
    if (run > 0) {
      symbols.fill(recent[0] as number, count, count + run);
      count += run;
      run = 0;
      digit = 1;
    }
    if (symbol === end) return count;
    if (count === symbols.length) fail("a block is longer than its size");
    const place = symbol - 1;
    const byte = recent[place] as number; // symbols between the runs and the end are places
    recent.copyWithin(1, 0, place);
    recent[0] = byte;
    symbols[count++] = byte;
  }
}

/** A symbol whose code is longer than the table of short ones. */
function longSymbol(reader: BitReader, table: Code, fail: Fail): number {
  let length = SHORT_BITS;
  let code = reader.take(length);
  do {
    if (++length > MAX_LENGTH) fail("a block has a code of no symbol");
    code = code * 2 + reader.take(1);
  } while (code - (table.first[length] as number) >= (table.count[length] as number));
  const symbol = table.symbols[(table.start[length] as number) + code - (table.first[length] as number)];
  return symbol ?? fail("a block has a code of no symbol");
}

/** Put above each byte (in the low 8 bits) the place of its successor. */
function link(symbols: Uint32Array, count: number): void {
  const starts = new Uint32Array(257);
  for (let i = 0; i < count; i++) {
    const byte = (symbols[i] as number) & 0xff;
    starts[byte + 1] = (starts[byte + 1] as number) + 1;
  }
  for (let byte = 0; byte < 256; byte++) starts[byte + 1] = (starts[byte + 1] as number) + (starts[byte] as number);
  for (let i = 0; i < count; i++) {
    const byte = (symbols[i] as number) & 0xff;
    const place = starts[byte] as number;
    starts[byte] = place + 1;
    symbols[place] = (symbols[place] as number) | (i << 8);
  }
}

/** Follow the successors, and undo the first runs: four equal bytes and the number of more. */
function expand(symbols: Uint32Array, count: number, origin: number, out: Uint8Array, put: number, fail: Fail): number {
  let to = put;
  let at = (symbols[origin] as number) >>> 8;
  let equal = 0;
  let last = -1;
  for (let i = 0; i < count; i++) {
    const entry = symbols[at] as number; // successors are below count
    const byte = entry & 0xff;
    at = entry >>> 8;
    if (equal === 4) {
      if (byte > out.length - to) fail(`gives more than ${out.length} bytes`);
      out.fill(last, to, to + byte);
      to += byte;
      equal = 0;
      continue;
    }
    equal = byte === last ? equal + 1 : 1;
    last = byte;
    if (to === out.length) fail(`gives more than ${out.length} bytes`);
    out[to++] = byte;
  }
  return to;
}

const CRC_TABLE: Uint32Array = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, i) => {
  let sum = i << 24;
  for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0);
  return sum;
});

/** CRC-32 with the most significant bit first. */
function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = -1;
  for (let i = from; i < to; i++) sum = (sum << 8) ^ (CRC_TABLE[(sum >>> 24) ^ (bytes[i] as number)] as number);
  return ~sum >>> 0;
}
