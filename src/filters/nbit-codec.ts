/**
 * N-bit (filter 5): the codec. Of each number only its significant bits are stored, the most significant first, without
 * gaps; padding bits, and bytes between the members of a compound, are not stored and come back as zeros.
 * Spec: IV.A.2.l; H5Znbit.c. The client data values are those of nbit.ts.
 */
import { type BitReader, type BitWriter, bitReader, bitWriter } from "./bits.js";
import { faultOf } from "./fault.js";
import type { Filter, FilterContext } from "./filter.js";
import { configureNbit, NBIT_CLASS, NBIT_NAME } from "./nbit.js";

/** Nested arrays and compounds: no deeper than datatypes may be by default. */
const MAX_DEPTH = 32;
/** Bytes of one number. */
const MAX_NUMBER = 256;

/** A run of bits within one byte of an element. */
interface Field {
  readonly byte: number;
  readonly shift: number;
  readonly bits: number;
}

/** A description with its bits counted: fields of one element, or parts at offsets. */
type Part = { readonly bits: number } & (
  | { readonly fields: readonly Field[] }
  | { readonly base: Part; readonly stride: number; readonly count: number }
  | { readonly members: readonly { readonly offset: number; readonly part: Part }[] }
);

type Fail = (finding: string) => never;

/** The codec of filter 5. */
export const nbitFilter: Filter = /* @__PURE__ */ Object.freeze({
  ...NBIT_NAME,
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(NBIT_NAME, "decode");
    const plan = planOf(context, fail);
    if (plan === undefined) return bytes;
    const { part, size, count } = plan;
    if (count * size > context.maxOutput) fail(`gives ${count * size} bytes, at most ${context.maxOutput}`);
    if ((count * part.bits) / 8 > bytes.length) fail(`${bytes.length} bytes are too few for ${count} elements`);
    const out = new Uint8Array(count * size);
    const reader = bitReader(bytes, 0, fail);
    for (let i = 0; i < count; i++) unpack(part, reader, out, i * size);
    return out;
  },
  encode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(NBIT_NAME, "encode");
    const plan = planOf(context, fail);
    if (plan === undefined) return bytes;
    const { part, size, count } = plan;
    if (bytes.length !== count * size) fail(`is given ${bytes.length} bytes, expected ${count * size}`);
    // The byte after the last full one is always stored, as in libhdf5.
    const out = new Uint8Array(Math.floor((count * part.bits) / 8) + 1);
    const writer = bitWriter(out, 0);
    for (let i = 0; i < count; i++) pack(part, writer, bytes, i * size);
    return out;
  },
  configure: configureNbit,
} satisfies Filter);

function unpack(part: Part, reader: BitReader, out: Uint8Array, at: number): void {
  if ("fields" in part) {
    for (const { byte, shift, bits } of part.fields) out[at + byte] = reader.take(bits) << shift;
  } else if ("base" in part) {
    for (let i = 0; i < part.count; i++) unpack(part.base, reader, out, at + i * part.stride);
  } else {
    for (const { offset, part: member } of part.members) unpack(member, reader, out, at + offset);
  }
}

function pack(part: Part, writer: BitWriter, bytes: Uint8Array, at: number): void {
  if ("fields" in part) {
    for (const { byte, shift, bits } of part.fields) writer.put((bytes[at + byte] as number) >>> shift, bits);
  } else if ("base" in part) {
    for (let i = 0; i < part.count; i++) pack(part.base, writer, bytes, at + i * part.stride);
  } else {
    for (const { offset, part: member } of part.members) pack(member, writer, bytes, at + offset);
  }
}

/** What the client data values say, or undefined when nothing is packed. */
function planOf(context: FilterContext, fail: Fail): { part: Part; size: number; count: number } | undefined {
  const { values, elementSize } = context;
  if (values.length < 3 || values[0] !== values.length) fail(`has ${values.length} values and says ${values[0] ?? 0}`);
  if (values[1] !== 0) return undefined;
  const part = partOf({ values, at: 3 }, fail, MAX_DEPTH, elementSize);
  const size = values[4] as number; // partOf has read it
  if (size !== elementSize) fail(`describes elements of ${size} bytes, expected ${elementSize}`);
  return { part, size, count: values[2] as number };
}

/** A place in the client data values. */
interface Place {
  readonly values: readonly number[];
  at: number;
}

/** The description at a place, of any class; `within` bytes are there for what it describes. */
function partOf(place: Place, fail: Fail, depth: number, within: number): Part {
  if (depth === 0) fail(`describes datatypes within more than ${MAX_DEPTH} others`);
  const next = (): number => place.values[place.at++] ?? fail("its values end within the description of the datatype");
  const kind = next();
  const size = next();
  if (size === 0 || size > within) fail(`describes ${size} bytes where ${within} are expected at most`);
  switch (kind) {
    case NBIT_CLASS.number:
      return numberPart(size, next(), next(), next(), fail);
    case NBIT_CLASS.other:
      return bytesPart(size);
    case NBIT_CLASS.array: {
      const stride = place.values[place.at + 1] ?? 0;
      const isKept = place.values[place.at] === NBIT_CLASS.other;
      const base = partOf(place, fail, depth - 1, size);
      if (isKept) return bytesPart(size);
      const count = Math.floor(size / stride);
      return { bits: base.bits * count, base, stride, count };
    }
    case NBIT_CLASS.compound: {
      const count = next();
      const members: { offset: number; part: Part }[] = [];
      let bits = 0;
      for (let i = 0; i < count; i++) {
        const offset = next();
        if (offset >= size) fail(`describes a member at ${offset} in a compound of ${size} bytes`);
        const part = partOf(place, fail, depth - 1, size - offset);
        bits += part.bits;
        members.push({ offset, part });
      }
      if (bits === 0 || bits > size * 8) fail(`describes members with ${bits} bits in a compound of ${size} bytes`);
      return { bits, members };
    }
    default:
      return fail(`describes a datatype of class ${kind}`);
  }
}

/** All bits of some bytes. */
function bytesPart(size: number): Part {
  const byte: Part = { bits: 8, fields: [{ byte: 0, shift: 0, bits: 8 }] };
  return { bits: size * 8, base: byte, stride: 1, count: size };
}

/** Bits [offset, offset + precision) of a number, from its most significant byte down. */
function numberPart(size: number, order: number, precision: number, offset: number, fail: Fail): Part {
  if (size > MAX_NUMBER) fail(`describes a number of ${size} bytes, at most ${MAX_NUMBER}`);
  if (precision === 0 || offset + precision > size * 8) {
    fail(`describes bits ${offset} to ${offset + precision} of a number of ${size} bytes`);
  }
  if (order > 1) fail(`describes a number of byte order ${order}`);
  const fields: Field[] = [];
  for (let significance = Math.ceil((offset + precision) / 8) - 1; significance >= 0; significance--) {
    if (significance * 8 + 8 <= offset) break;
    const low = Math.max(offset, significance * 8);
    const high = Math.min(offset + precision, significance * 8 + 8);
    const byte = order === 0 ? significance : size - 1 - significance;
    fields.push({ byte, shift: low - significance * 8, bits: high - low });
  }
  return { bits: precision, fields };
}
