/**
 * Compressed blocks of Zstandard: literals, then sequences of (literals to copy, match to copy). RFC 8878, section 3.1.1.3.
 */
import { Hdf5FilterError } from "../errors.js";
import { copyLiterals, copyMatch } from "./matches.js";
import {
  backwardBits,
  decodeHuffman,
  type FseTable,
  fseTable,
  type HuffmanTable,
  readFseTable,
  readHuffmanTable,
  singleSymbol,
} from "./zstd-entropy.js";

/** Bytes that one block gives at most. */
export const MAX_BLOCK: number = 128 * 1024;

type Fail = (finding: string) => never;
type Kind = "literals" | "offsets" | "matches";

/** What blocks of a frame leave for the next ones. */
export interface FrameState {
  huffman: HuffmanTable | undefined;
  readonly tables: { [kind in Kind]: FseTable | undefined };
  /** The last three distances. */
  readonly recent: [number, number, number];
}

/** The state before the first block. */
export function newFrameState(): FrameState {
  const tables = { literals: undefined, offsets: undefined, matches: undefined };
  return { huffman: undefined, tables, recent: [1, 4, 8] };
}

// biome-ignore format: tables of RFC 8878, section 3.1.1.3.2.2.
const DEFAULTS: { readonly [kind in Kind]: { readonly log: number; readonly most: number; readonly probabilities: readonly number[] } } = {
  literals: {
    log: 6, most: 9,
    probabilities: [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
  },
  offsets: {
    log: 5, most: 8,
    probabilities: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  },
  matches: {
    log: 6, most: 9,
    probabilities: [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
  },
};
const SYMBOLS: { readonly [kind in Kind]: number } = { literals: 36, offsets: 32, matches: 53 };

/** More bits of codes 16, 17 … of literal lengths, and of codes 32, 33 … of match lengths. */
const LITERAL_BITS = [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] as const;
const MATCH_BITS = [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] as const;

/** Code → least length and number of more bits. */
function lengthCodes(plain: number, least: number, more: readonly number[]): { base: number[]; bits: number[] } {
  const bits = [...Array<number>(plain).fill(0), ...more];
  let next = least;
  const base = bits.map((width) => {
    const own = next;
    next += 2 ** width;
    return own;
  });
  return { base, bits };
}

const LITERAL_CODES = /* @__PURE__ */ lengthCodes(16, 0, LITERAL_BITS);
const MATCH_CODES = /* @__PURE__ */ lengthCodes(32, 3, MATCH_BITS);

const sound = (finding: string): never => {
  throw new Hdf5FilterError({ id: 32015, name: "zstd" }, "decode", finding);
};
const defaultTable = (kind: Kind): FseTable => fseTable(DEFAULTS[kind].probabilities, DEFAULTS[kind].log, sound);
const DEFAULT_TABLES: { readonly [kind in Kind]: FseTable } = /* @__PURE__ */ Object.freeze({
  literals: /* @__PURE__ */ defaultTable("literals"),
  offsets: /* @__PURE__ */ defaultTable("offsets"),
  matches: /* @__PURE__ */ defaultTable("matches"),
});

/** Decode a block at [from, to) into `out` from `put` on, within [start, end) of it. @returns the end of its output. */
export function decodeZstdBlock(
  bytes: Uint8Array,
  from: number,
  to: number,
  state: FrameState,
  out: Uint8Array,
  start: number,
  put: number,
  end: number,
  fail: Fail,
): number {
  const { literals, at } = readLiterals(bytes, from, to, state, fail);
  return runSequences(bytes, at, to, literals, state, out, start, put, Math.min(end, put + MAX_BLOCK), fail);
}

function readLiterals(
  bytes: Uint8Array,
  from: number,
  to: number,
  state: FrameState,
  fail: Fail,
): { literals: Uint8Array; at: number } {
  const byte = (i: number): number => (from + i < to ? (bytes[from + i] as number) : fail("a block ends early"));
  const kind = byte(0) & 3;
  const format = (byte(0) >> 2) & 3;
  if (kind < 2) {
    const header = format === 3 ? 3 : format === 1 ? 2 : 1;
    const size = header === 1 ? byte(0) >> 3 : (byte(0) >> 4) | (byte(1) << 4) | (header === 3 ? byte(2) << 12 : 0);
    if (size > MAX_BLOCK) fail(`a block has ${size} literals`);
    const at = from + header;
    if (kind === 1) return { literals: new Uint8Array(size).fill(byte(header)), at: at + 1 };
    if (at + size > to) fail("a block ends within its literals");
    return { literals: bytes.subarray(at, at + size), at: at + size };
  }
  const header = format === 3 ? 5 : format === 2 ? 4 : 3;
  const width = [10, 10, 14, 18][format] as number; // two bits
  let fields = 0;
  for (let i = header - 1; i >= 0; i--) fields = fields * 256 + byte(i);
  fields = Math.floor(fields / 16);
  const size = fields % 2 ** width;
  const stored = Math.floor(fields / 2 ** width) % 2 ** width;
  const end = from + header + stored;
  if (size > MAX_BLOCK || end > to) fail(`a block has ${size} literals in ${stored} bytes`);
  let at = from + header;
  if (kind === 2) {
    const read = readHuffmanTable(bytes, at, end, fail);
    state.huffman = read.table;
    at = read.at;
  }
  const table = state.huffman ?? fail("a block uses the Huffman table of the one before, and there is none");
  const literals = new Uint8Array(size);
  if (format === 0) decodeHuffman(bytes, at, end, table, literals, 0, size, fail);
  else decodeFourStreams(bytes, at, end, table, literals, fail);
  return { literals, at: end };
}

function decodeFourStreams(
  bytes: Uint8Array,
  from: number,
  to: number,
  table: HuffmanTable,
  literals: Uint8Array,
  fail: Fail,
): void {
  const quarter = Math.ceil(literals.length / 4);
  if (from + 6 > to || quarter * 3 > literals.length) fail("a block has no room for four streams");
  let at = from + 6;
  for (let i = 0; i < 4; i++) {
    const length = (bytes[from + 2 * i] as number) | ((bytes[from + 2 * i + 1] as number) << 8);
    const next = i === 3 ? to : at + length;
    if (next > to) fail("a stream of literals leaves its block");
    const end = i === 3 ? literals.length : (i + 1) * quarter;
    decodeHuffman(bytes, at, next, table, literals, i * quarter, end, fail);
    at = next;
  }
}

function runSequences(
  bytes: Uint8Array,
  from: number,
  to: number,
  literals: Uint8Array,
  state: FrameState,
  out: Uint8Array,
  start: number,
  begin: number,
  end: number,
  fail: Fail,
): number {
  const byte = (i: number): number => (i < to ? (bytes[i] as number) : fail("a block ends early"));
  let at = from;
  let count = byte(at++);
  if (count >= 128) count = count === 255 ? byte(at++) + byte(at++) * 256 + 0x7f00 : (count - 128) * 256 + byte(at++);
  let put = begin;
  let used = 0;
  const copyNext = (length: number): void => {
    if (length > literals.length - used) fail("a block copies more literals than it has");
    if (length > end - put) fail("a block gives more than its frame, or than 128 KiB");
    copyLiterals(literals, used, out, put, length);
    used += length;
    put += length;
  };
  if (count > 0) {
    const modes = byte(at++);
    if ((modes & 3) !== 0) fail("a block has reserved bits set");
    const table = (kind: Kind, mode: number): FseTable => {
      let own: FseTable | undefined;
      if (mode === 0) own = DEFAULT_TABLES[kind];
      else if (mode === 1) {
        const symbol = byte(at++);
        if (symbol >= SYMBOLS[kind]) fail(`a block has the code ${symbol} for ${kind}`);
        own = singleSymbol(symbol);
      } else if (mode === 2) {
        const read = readFseTable(bytes, at, to, DEFAULTS[kind].most, SYMBOLS[kind], fail);
        at = read.at;
        own = read.table;
      } else own = state.tables[kind];
      state.tables[kind] = own;
      return own ?? fail("a block uses a table of the one before, and there is none");
    };
    const literalTable = table("literals", modes >> 6);
    const offsetTable = table("offsets", (modes >> 4) & 3);
    const matchTable = table("matches", (modes >> 2) & 3);
    const stream = backwardBits(bytes, at, to, fail);
    let literalState = stream.take(literalTable.log);
    let offsetState = stream.take(offsetTable.log);
    let matchState = stream.take(matchTable.log);
    const follow = (fse: FseTable, own: number): number =>
      (fse.bases[own] as number) + stream.take(fse.bits[own] as number);
    for (let i = 0; i < count; i++) {
      const offsetCode = offsetTable.symbols[offsetState] as number;
      const matchCode = matchTable.symbols[matchState] as number;
      const literalCode = literalTable.symbols[literalState] as number;
      const offset = 2 ** offsetCode + stream.take(offsetCode);
      const match = (MATCH_CODES.base[matchCode] as number) + stream.take(MATCH_CODES.bits[matchCode] as number);
      const length =
        (LITERAL_CODES.base[literalCode] as number) + stream.take(LITERAL_CODES.bits[literalCode] as number);
      if (stream.left() < 0) fail("the sequences of a block end early");
      if (i < count - 1) {
        literalState = follow(literalTable, literalState);
        matchState = follow(matchTable, matchState);
        offsetState = follow(offsetTable, offsetState);
      }
      copyNext(length);
      const distance = distanceOf(offset, length, state.recent);
      if (distance < 1 || distance > put - start) fail(`a block copies from ${distance} bytes back`);
      if (match > end - put) fail("a block gives more than its frame, or than 128 KiB");
      copyMatch(out, put, distance, match);
      put += match;
    }
    if (stream.left() !== 0) fail("the sequences of a block have another length");
  } else if (at !== to) fail("a block without sequences has bytes left");
  copyNext(literals.length - used);
  return put;
}

/** Offsets 1 to 3 stand for recent distances, which move to the front. */
function distanceOf(offset: number, literals: number, recent: [number, number, number]): number {
  if (offset > 3) {
    recent.unshift(offset - 3);
    recent.pop();
    return recent[0];
  }
  const index = offset - 1 + (literals === 0 ? 1 : 0);
  const distance = index === 3 ? recent[0] - 1 : (recent[index] as number); // 0, 1 or 2
  if (index > 1) recent[2] = recent[1];
  if (index > 0) recent[1] = recent[0];
  recent[0] = distance;
  return distance;
}
