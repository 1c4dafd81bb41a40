/** The predefined datatypes by name, laid out as libhdf5 does. Made when asked for; frozen and shared after that. */
import type { Datatype } from "../format/messages/datatype.js";

/** A stored variable-length element: length u32, heap collection address (8 bytes), object index u32. */
export const VLEN_SIZE = 16;
/** A global heap ID: collection address (8 bytes), object index u32. */
export const HEAP_ID_SIZE = 12;

/** Bytes of a revised reference in a file: type, flags, size and heap ID (H5Tref.c: H5T__ref_set_loc). */
export function revisedSize(sizeOfOffsets: number): number {
  return 2 + 4 + sizeOfOffsets + 4;
}

const made = /* @__PURE__ */ new Map<string, Datatype>();
const predefined = /* @__PURE__ */ new WeakSet<Datatype>();

/** The datatype of a name of `DatatypeName`, or one of those with a suffix "be"; undefined: no such name. */
export function predefinedType(name: string): Datatype | undefined {
  const known = made.get(name);
  if (known !== undefined) return known;
  const datatype = make(name);
  if (datatype === undefined) return undefined;
  made.set(name, datatype);
  predefined.add(datatype);
  return datatype;
}

/** Is it one of these, and therefore consistent and frozen? */
export function isPredefined(datatype: Datatype): boolean {
  return predefined.has(datatype);
}

function make(name: string): Datatype | undefined {
  switch (name) {
    case "bool": {
      // h5py's layout: H5Tenum_create over H5T_STD_I8LE.
      const members = Object.freeze([
        Object.freeze({ name: "FALSE", value: 0 }),
        Object.freeze({ name: "TRUE", value: 1 }),
      ]);
      return Object.freeze({ kind: "enum", size: 1, base: integer(1, true, "le"), members, boolean: true });
    }
    case "string":
    case "ascii": {
      const charset = name === "ascii" ? "ascii" : "utf-8";
      return Object.freeze({
        kind: "string",
        size: VLEN_SIZE,
        length: "variable",
        padding: "null-terminated",
        charset,
      });
    }
    case "complex64":
      return complex("float32");
    case "complex128":
      return complex("float64");
    case "object-reference":
      return Object.freeze({ kind: "reference", size: 8, to: "object", revised: false });
    case "region-reference":
      return Object.freeze({ kind: "reference", size: HEAP_ID_SIZE, to: "region", revised: false });
    case "bfloat16":
      return float([1, 8, 7], "le");
    default:
      return number(name);
  }
}

/** `"int16"`, `"uint8be"`, `"float32"`, … */
function number(name: string): Datatype | undefined {
  const match = /^(u?)(int|float)(8|16|32|64)(be)?$/.exec(name);
  if (match === null) return undefined;
  const [, unsigned, kind, bits, suffix] = match;
  const order = suffix === undefined ? "le" : "be";
  if (kind === "int") return integer(Number(bits) / 8, unsigned === "", order);
  if (unsigned !== "") return undefined;
  switch (bits) {
    case "16":
      return float([1, 5, 10], order);
    case "32":
      return float([1, 8, 23], order);
    case "64":
      return float([1, 11, 52], order);
    default:
      return undefined;
  }
}

function integer(size: number, signed: boolean, order: "le" | "be"): Datatype {
  const padding = Object.freeze([0, 0] as const);
  return Object.freeze({ kind: "integer", size, order, precision: size * 8, offset: 0, padding, signed });
}

/** An IEEE layout: bits of sign, exponent and mantissa. */
function float(bits: readonly [sign: 1, exponent: number, mantissa: number], order: "le" | "be"): Datatype {
  const [, exponent, mantissa] = bits;
  const precision = 1 + exponent + mantissa;
  return Object.freeze({
    kind: "float",
    size: precision / 8,
    order,
    precision,
    offset: 0,
    sign: precision - 1,
    exponent: Object.freeze([mantissa, exponent] as const),
    mantissa: Object.freeze([0, mantissa] as const),
    bias: 2 ** (exponent - 1) - 1,
    normalization: "implied",
    padding: Object.freeze([0, 0, 0] as const),
  });
}

/** h5py's convention, which every libhdf5 reads: a compound of `r` and `i`. */
function complex(part: "float32" | "float64"): Datatype {
  const datatype = predefinedType(part) as Datatype; // both are predefined
  const members = Object.freeze([
    Object.freeze({ name: "r", offset: 0, datatype }),
    Object.freeze({ name: "i", offset: datatype.size, datatype }),
  ]);
  return Object.freeze({ kind: "compound", size: 2 * datatype.size, members });
}
