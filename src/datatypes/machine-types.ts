/** Which stored numbers are, up to their byte order, elements of a JavaScript typed array. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import type { Datatype } from "../format/messages/datatype.js";

/** What all typed arrays of one element type have in common. */
interface ArrayConstructor<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): A;
}

const ARRAYS: { readonly [K in NumericName]: ArrayConstructor<NumericArrays[K]> } = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

/** A zeroed array of this element type. */
export function newArray<K extends NumericName>(name: K, length: number): NumericArrays[K] {
  return new ARRAYS[name](length);
}

/** Bytes of one element. */
export function widthOf(name: NumericName): number {
  return ARRAYS[name].BYTES_PER_ELEMENT;
}

/** The bytes of a buffer as elements of this type; the offset must be aligned. */
export function viewAs<K extends NumericName>(
  name: K,
  buffer: ArrayBuffer,
  offset: number,
  length: number,
): NumericArrays[K] {
  return new ARRAYS[name](buffer, offset, length);
}

/** The element type of a typed array; undefined for other views. Buffers count as uint8. */
export function nameOfArray(view: ArrayBufferView): NumericName | "float16" | undefined {
  // The tag is the same in all realms, and that of the built-in class in subclasses.
  switch ((view as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag]) {
    case "Int8Array":
      return "int8";
    case "Uint8Array":
    case "Uint8ClampedArray":
      return "uint8";
    case "Int16Array":
      return "int16";
    case "Uint16Array":
      return "uint16";
    case "Int32Array":
      return "int32";
    case "Uint32Array":
      return "uint32";
    case "Float16Array":
      return "float16";
    case "Float32Array":
      return "float32";
    case "Float64Array":
      return "float64";
    case "BigInt64Array":
      return "int64";
    case "BigUint64Array":
      return "uint64";
    default:
      return undefined;
  }
}

/** The byte order of typed arrays here: little-endian almost everywhere. */
export const HOST_ORDER: "le" | "be" = /* @__PURE__ */ hostOrder();

function hostOrder(): "le" | "be" {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? "le" : "be";
}

/** A stored number whose bytes are those of a typed array's element. */
export interface MachineType {
  readonly name: NumericName;
  /** The bytes are in the other order. */
  readonly swapped: boolean;
}

/** Full-precision integers of 1, 2, 4 or 8 bytes, and IEEE binary32 and binary64; undefined for all others. */
export function machineType(datatype: Datatype): MachineType | undefined {
  switch (datatype.kind) {
    case "integer":
    case "bitfield":
    case "time": {
      const { size, order, precision } = datatype;
      if (precision !== size * 8) return undefined;
      const name = integerName(size, datatype.kind === "time" || (datatype.kind === "integer" && datatype.signed));
      return name === undefined ? undefined : { name, swapped: size > 1 && order !== HOST_ORDER };
    }
    case "enum":
      return machineType(datatype.base);
    case "float": {
      const name = isIeee(datatype, 8, 23) ? "float32" : isIeee(datatype, 11, 52) ? "float64" : undefined;
      return name === undefined ? undefined : { name, swapped: datatype.order !== HOST_ORDER };
    }
    default:
      return undefined;
  }
}

function integerName(size: number, signed: boolean): NumericName | undefined {
  switch (size) {
    case 1:
      return signed ? "int8" : "uint8";
    case 2:
      return signed ? "int16" : "uint16";
    case 4:
      return signed ? "int32" : "uint32";
    case 8:
      return signed ? "int64" : "uint64";
    default:
      return undefined;
  }
}

/** Exactly an IEEE layout: sign, exponent, mantissa without gaps from the top down. */
export function isIeee(datatype: Datatype & { readonly kind: "float" }, exponent: number, mantissa: number): boolean {
  const precision = 1 + exponent + mantissa;
  return (
    datatype.size * 8 === precision &&
    datatype.order !== "vax" &&
    datatype.sign === precision - 1 &&
    datatype.exponent[0] === mantissa &&
    datatype.exponent[1] === exponent &&
    datatype.mantissa[0] === 0 &&
    datatype.mantissa[1] === mantissa &&
    datatype.bias === 2 ** (exponent - 1) - 1 &&
    datatype.normalization === "implied"
  );
}

/** Reverse the bytes of each element, in place. `bytes` starts at a multiple of 8 of its buffer. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  const { buffer, byteOffset, byteLength } = bytes;
  if (width === 2) {
    const words = new Uint16Array(buffer, byteOffset, byteLength / 2);
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as number; // i is inside
      words[i] = (word << 8) | (word >>> 8);
    }
  } else if (width === 4 || width === 8) {
    const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    for (let i = 0; i < words.length; i++) words[i] = swapped32(words[i] as number);
    if (width === 4) return;
    for (let i = 0; i < words.length; i += 2) {
      const low = words[i] as number;
      words[i] = words[i + 1] as number; // 8-byte elements have two words
      words[i + 1] = low;
    }
  }
}

function swapped32(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
