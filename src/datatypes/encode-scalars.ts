/** One value of a datatype that is neither nested nor compound: checked first, written later. */
import { Hdf5UnsupportedError, Hdf5UsageError, Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { HeapSink } from "./encode.js";
import { floatWriter } from "./float-layout.js";
import { type IntegerLayout, integerLayout, integerRange, integerWriter } from "./integer-layout.js";
import { machineType } from "./machine-types.js";
import { isReference, refuse } from "./write-data.js";

/** Checks and writes values of one datatype. */
export interface ScalarEncoder {
  /** @throws Hdf5UsageError for another kind of value; Hdf5ValueError when it does not fit. */
  check(item: unknown, index: number): void;
  /** The item was checked. */
  write(out: Uint8Array, at: number, item: unknown, sink: HeapSink): void;
}

export function scalarEncoder(datatype: Datatype): ScalarEncoder {
  switch (datatype.kind) {
    case "integer":
    case "bitfield":
    case "time":
      return integers(datatype);
    case "float":
      return floats(datatype);
    case "enum":
      return enumerations(datatype);
    case "string":
      return datatype.length === "variable" ? variableStrings(datatype) : fixedStrings(datatype);
    case "opaque":
      return opaque(datatype);
    case "reference":
      return references(datatype);
    default:
      throw new Hdf5UnsupportedError(`writing single values of kind ${datatype.kind}`);
  }
}

function integers(datatype: Datatype): ScalarEncoder {
  const layout = integerLayout(datatype) as IntegerLayout; // asked for integers only
  const [low, high] = integerRange(layout);
  const [least, most] = [Number(low), Number(high)];
  const write = integerWriter(layout);
  return {
    check(item, index) {
      if (typeof item === "number") {
        if (!Number.isInteger(item)) throw new Hdf5ValueError(index, `${item} is no whole number`);
        if (item >= least && item <= most && (Number.isSafeInteger(item) || inRange(BigInt(item), low, high))) return;
        throw new Hdf5ValueError(index, `${item} is outside [${low}, ${high}]`);
      }
      if (typeof item !== "bigint") refuse(item, index);
      if (!inRange(item as bigint, low, high))
        throw new Hdf5ValueError(index, `${String(item)} is outside [${low}, ${high}]`);
    },
    write: numberWriter(datatype) ?? ((out, at, item) => write(out, at, BigInt(item as number))),
  };
}

/** The platform's own writer for numbers that it knows. */
function numberWriter(datatype: Datatype): ScalarEncoder["write"] | undefined {
  const machine = machineType(datatype);
  if (machine === undefined) return undefined;
  const little = !("order" in datatype) || datatype.order !== "be";
  const on = (write: (view: DataView, at: number, item: number) => void): ScalarEncoder["write"] => {
    let view: DataView | undefined;
    return (out, at, item) => {
      if (view?.buffer !== out.buffer || view.byteOffset !== out.byteOffset) {
        view = new DataView(out.buffer, out.byteOffset, out.byteLength);
      }
      write(view, at, Number(item));
    };
  };
  switch (machine.name) {
    case "int8":
      return on((view, at, item) => view.setInt8(at, item));
    case "uint8":
      return on((view, at, item) => view.setUint8(at, item));
    case "int16":
      return on((view, at, item) => view.setInt16(at, item, little));
    case "uint16":
      return on((view, at, item) => view.setUint16(at, item, little));
    case "int32":
      return on((view, at, item) => view.setInt32(at, item, little));
    case "uint32":
      return on((view, at, item) => view.setUint32(at, item, little));
    case "float32":
      return on((view, at, item) => view.setFloat32(at, item, little));
    case "float64":
      return on((view, at, item) => view.setFloat64(at, item, little));
    default:
      return undefined;
  }
}

function inRange(value: bigint, low: bigint, high: bigint): boolean {
  return value >= low && value <= high;
}

function floats(datatype: Extract<Datatype, { readonly kind: "float" }>): ScalarEncoder {
  const write = floatWriter(datatype);
  return {
    check(item, index) {
      if (typeof item !== "number" && typeof item !== "bigint") refuse(item, index);
    },
    write: numberWriter(datatype) ?? ((out, at, item) => write(out, at, Number(item))),
  };
}

function enumerations(datatype: Extract<Datatype, { readonly kind: "enum" }>): ScalarEncoder {
  const { base } = datatype;
  const inner = integers(base);
  const byName = new Map(datatype.members.map(({ name, value }) => [name, value]));
  const valueOf = (item: unknown): unknown => {
    if (typeof item === "string") return byName.get(item);
    return typeof item === "boolean" && datatype.boolean ? Number(item) : item;
  };
  return {
    check(item, index) {
      if (typeof item === "string" && !byName.has(item)) {
        throw new Hdf5ValueError(
          index,
          `${quote(item)} is no member (${[...byName.keys()].slice(0, 20).map(quote).join(", ")})`,
        );
      }
      const value = valueOf(item);
      inner.check(value, index);
      if (datatype.boolean && value !== 0 && value !== 1 && value !== 0n && value !== 1n) {
        throw new Hdf5ValueError(index, `${String(item)} is neither 0 nor 1`);
      }
    },
    write: (out, at, item, sink) => inner.write(out, at, valueOf(item), sink),
  };
}

type StringType = Extract<Datatype, { readonly kind: "string" }>;

/** UTF-8 bytes of a text that the type can hold. */
function textBytes(item: unknown, index: number, { charset }: StringType): Uint8Array {
  if (typeof item !== "string") return refuse(item, index);
  if (item.includes("\0")) throw new Hdf5ValueError(index, "holds a NUL, which ends a stored string");
  const bytes = new TextEncoder().encode(item);
  if (charset === "ascii" && bytes.length !== item.length)
    throw new Hdf5ValueError(index, `${quote(item)} is not ASCII`);
  if (hasLoneSurrogate(item)) throw new Hdf5ValueError(index, "holds half of a surrogate pair");
  return bytes;
}

function hasLoneSurrogate(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) as number; // iterating gives no empty strings
    if (code >= 0xd800 && code <= 0xdfff) return true;
  }
  return false;
}

function fixedStrings(datatype: StringType): ScalarEncoder {
  const { size } = datatype;
  return {
    check(item, index) {
      const { length } = textBytes(item, index, datatype);
      if (length > size)
        throw new Hdf5ValueError(index, `${quote(String(item))} takes ${length} bytes, at most ${size}`);
    },
    write(out, at, item) {
      const bytes = new TextEncoder().encode(item as string);
      out.set(bytes, at);
      out.fill(datatype.padding === "space-padded" ? 0x20 : 0, at + bytes.length, at + size);
    },
  };
}

function variableStrings(datatype: StringType): ScalarEncoder {
  return {
    check(item, index) {
      textBytes(item, index, datatype);
    },
    write(out, at, item, sink) {
      const bytes = new TextEncoder().encode(item as string);
      out.fill(0, at, at + datatype.size);
      if (bytes.length === 0) return; // stored as null, as the C library does
      const { collection, index } = sink.put(bytes);
      writeHeapId(out, at, datatype.size, bytes.length, collection, index);
    },
  };
}

/** A stored variable-length element: length u32, address of the collection, object index u32. */
export function writeHeapId(
  out: Uint8Array,
  at: number,
  size: number,
  length: number,
  collection: number,
  index: number,
): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(at, length, true);
  writeAddress(out, at + 4, size - 8, collection);
  view.setUint32(at + size - 4, index, true);
}

function writeAddress(out: Uint8Array, at: number, width: number, address: number): void {
  let rest = address;
  for (let i = 0; i < width; i++) {
    out[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

function opaque({ size }: Extract<Datatype, { readonly kind: "opaque" }>): ScalarEncoder {
  return {
    check(item, index) {
      if (!(item instanceof Uint8Array)) refuse(item, index, `its ${size} bytes as a Uint8Array`);
      const { length } = item as Uint8Array;
      if (length !== size) throw new Hdf5ValueError(index, `has ${length} bytes, expected ${size}`);
    },
    write: (out, at, item) => out.set(item as Uint8Array, at),
  };
}

function references(datatype: Extract<Datatype, { readonly kind: "reference" }>): ScalarEncoder {
  if (datatype.to !== "object" || datatype.revised) throw new Hdf5UnsupportedError(`writing ${datatype.to} references`);
  return {
    check(item, index) {
      if (item === null) return;
      if (!isReference(item)) refuse(item, index);
      if (!isReference(item) || item.kind !== "object-reference") {
        throw new Hdf5UsageError(`data, element ${index},`, "is another kind of reference", "an object reference");
      }
      if (item.file !== undefined) {
        throw new Hdf5UsageError(
          `data, element ${index},`,
          `refers to another file (${quote(item.file)})`,
          "an object of this file",
        );
      }
    },
    write(out, at, item) {
      const address = item === null ? 0 : (item as { readonly address: number }).address;
      writeAddress(out, at, datatype.size, address);
    },
  };
}
