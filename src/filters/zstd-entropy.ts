/** The entropy codes of Zstandard: finite state entropy and Huffman. RFC 8878, sections 4.1 and 4.2. */

type Fail = (finding: string) => never;

/** Bits read from the end of a byte string towards its start. Beyond the start there are zeros. */
export interface BackwardBits {
  /** The next `count` bits, at most 32. */
  take(count: number): number;
  /** Bits that are left; below zero when more were taken. */
  left(): number;
}

/** The last byte's highest set bit only marks the end. */
export function backwardBits(bytes: Uint8Array, from: number, to: number, fail: Fail): BackwardBits {
  const last = to > from ? (bytes[to - 1] as number) : 0;
  if (last === 0) fail("a bit stream has no end mark");
  let position = (to - from) * 8 - Math.clz32(last) + 24 - 1;
  const short = (count: number): number => {
    position -= count;
    const at = Math.max(position, 0);
    const b = from + (at >> 3);
    const word =
      (bytes[b] ?? 0) | ((bytes[b + 1] ?? 0) << 8) | ((bytes[b + 2] ?? 0) << 16) | ((bytes[b + 3] ?? 0) << 24);
    if (position >= 0) return (word >>> (at & 7)) & ((1 << count) - 1);
    const there = count + position; // bits that exist
    return there <= 0 ? 0 : (word & ((1 << there) - 1)) << -position;
  };
  return {
    take: (count) => (count <= 16 ? short(count) : short(count - 16) * 0x10000 + short(16)),
    left: () => position,
  };
}

/** State → symbol, and the way to the next state. */
export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** A table that always gives one symbol. */
export function singleSymbol(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) };
}

/** The table of a distribution: probabilities in units of 2^−log, −1 for "less than one". */
export function fseTable(probabilities: readonly number[], log: number, fail: Fail): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(probabilities.length);
  let high = size;
  probabilities.forEach((probability, symbol) => {
    next[symbol] = Math.abs(probability);
    if (probability === -1) symbols[--high] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  probabilities.forEach((probability, symbol) => {
    for (let i = 0; i < probability; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  });
  if (at !== 0) fail("a table of probabilities is not filled");
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const count = next[symbol] as number; // every symbol in the table has one
    next[symbol] = count + 1;
    const width = log - (31 - Math.clz32(count));
    bits[state] = width;
    bases[state] = (count << width) - size;
  }
  return { log, symbols, bits, bases };
}

/** A table as stored at `from`, and where it ends. */
export function readFseTable(
  bytes: Uint8Array,
  from: number,
  to: number,
  mostLog: number,
  symbolCount: number,
  fail: Fail,
): { table: FseTable; at: number } {
  let position = 0;
  const peek = (count: number): number => {
    const b = from + (position >> 3);
    const word = (bytes[b] ?? 0) | ((bytes[b + 1] ?? 0) << 8) | ((bytes[b + 2] ?? 0) << 16);
    return (word >>> (position & 7)) & ((1 << count) - 1);
  };
  const log = peek(4) + 5;
  position += 4;
  if (log > mostLog) fail(`a table of probabilities has ${log} bits, at most ${mostLog}`);
  const probabilities: number[] = [];
  let remaining = 1 << log;
  while (remaining > 0) {
    if (probabilities.length >= symbolCount) fail("a table of probabilities has too many symbols");
    if (position > (to - from) * 8) fail("a table of probabilities ends early");
    const width = 32 - Math.clz32(remaining + 1);
    const value = peek(width);
    const low = value & ((1 << (width - 1)) - 1);
    const threshold = (1 << width) - 2 - remaining;
    let coded: number;
    if (low < threshold) {
      position += width - 1;
      coded = low;
    } else {
      position += width;
      coded = value >= 1 << (width - 1) ? value - threshold : value;
    }
    const probability = coded - 1;
    remaining -= Math.abs(probability);
    probabilities.push(probability);
    if (probability !== 0) continue;
    for (let repeat = 3; repeat === 3; ) {
      repeat = peek(2);
      position += 2;
      for (let i = 0; i < repeat; i++) probabilities.push(0);
      if (probabilities.length > symbolCount) fail("a table of probabilities has too many symbols");
    }
  }
  const at = from + Math.ceil(position / 8);
  if (remaining < 0 || at > to) fail("a table of probabilities is damaged");
  return { table: fseTable(probabilities, log, fail), at };
}

/** Next bits → symbol and its length. */
export interface HuffmanTable {
  readonly bits: number;
  readonly symbols: Uint8Array;
  readonly lengths: Uint8Array;
}

const MAX_HUFFMAN_BITS = 11;
const MAX_WEIGHT_LOG = 6;

/** A Huffman table as stored at `from`, and where it ends. */
export function readHuffmanTable(
  bytes: Uint8Array,
  from: number,
  to: number,
  fail: Fail,
): { table: HuffmanTable; at: number } {
  const header = from < to ? (bytes[from] as number) : fail("a Huffman table ends early");
  const start = from + 1;
  const weights: number[] = [];
  let at: number;
  if (header >= 128) {
    const count = header - 127;
    at = start + Math.ceil(count / 2);
    for (let i = 0; i < count; i++) {
      const byte = bytes[start + (i >> 1)] ?? 0;
      weights.push(i % 2 === 0 ? byte >> 4 : byte & 15);
    }
  } else {
    at = start + header;
    if (at > to) fail("a Huffman table ends early");
    readWeights(bytes, start, at, weights, fail);
  }
  if (at > to) fail("a Huffman table ends early");
  return { table: huffmanTable(weights, fail), at };
}

/** Weights as two interleaved streams of states. */
function readWeights(bytes: Uint8Array, from: number, to: number, weights: number[], fail: Fail): void {
  const { table, at } = readFseTable(bytes, from, to, MAX_WEIGHT_LOG, 256, fail);
  const stream = backwardBits(bytes, at, to, fail);
  const states = [stream.take(table.log), stream.take(table.log)] as [number, number];
  for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
    const state = states[turn];
    weights.push(table.symbols[state] as number);
    states[turn] = (table.bases[state] as number) + stream.take(table.bits[state] as number);
    if (stream.left() < 0) {
      weights.push(table.symbols[states[turn === 0 ? 1 : 0]] as number);
      return;
    }
    if (weights.length > 254) fail("a Huffman table has too many symbols");
  }
}

/** The last symbol's weight is what is missing to a power of two. */
function huffmanTable(weights: readonly number[], fail: Fail): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_HUFFMAN_BITS) fail(`a Huffman table has the weight ${weight}`);
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) fail("a Huffman table has no weights");
  const bits = 32 - Math.clz32(sum);
  if (bits > MAX_HUFFMAN_BITS) fail(`a Huffman table has codes of ${bits} bits`);
  const rest = (1 << bits) - sum;
  if ((rest & (rest - 1)) !== 0) fail("the weights of a Huffman table do not add up");
  const all = [...weights, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(1 << bits);
  const lengths = new Uint8Array(1 << bits);
  // Long codes first: those of weight 1, and so on.
  let at = 0;
  for (let weight = 1; weight <= bits; weight++) {
    for (const [symbol, own] of all.entries()) {
      if (own !== weight) continue;
      const span = 1 << (weight - 1);
      symbols.fill(symbol, at, at + span);
      lengths.fill(bits + 1 - weight, at, at + span);
      at += span;
    }
  }
  return { bits, symbols, lengths };
}

/** Decode exactly the bytes [put, end) of `out` from one stream. */
export function decodeHuffman(
  bytes: Uint8Array,
  from: number,
  to: number,
  table: HuffmanTable,
  out: Uint8Array,
  put: number,
  end: number,
  fail: Fail,
): void {
  const stream = backwardBits(bytes, from, to, fail);
  const mask = (1 << table.bits) - 1;
  let state = stream.take(table.bits);
  for (let i = put; i < end; i++) {
    const length = table.lengths[state] as number; // a state is below the table's size
    out[i] = table.symbols[state] as number;
    state = ((state << length) | stream.take(length)) & mask;
  }
  if (stream.left() !== -table.bits) fail("a Huffman stream has another length");
}
