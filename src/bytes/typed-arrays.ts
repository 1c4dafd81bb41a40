/** The names of JavaScript's numeric arrays, and their types for old and new compilers. */

/** The instance type of a typed array's constructor: `X<ArrayBuffer>` since TypeScript 5.7, `X` before. */
export type OfArray<C extends { of(...items: never[]): unknown }> = ReturnType<C["of"]>;

/** Name of an element type → the typed array that holds it. */
export interface NumericArrays {
  readonly int8: OfArray<Int8ArrayConstructor>;
  readonly uint8: OfArray<Uint8ArrayConstructor>;
  readonly int16: OfArray<Int16ArrayConstructor>;
  readonly uint16: OfArray<Uint16ArrayConstructor>;
  readonly int32: OfArray<Int32ArrayConstructor>;
  readonly uint32: OfArray<Uint32ArrayConstructor>;
  readonly float32: OfArray<Float32ArrayConstructor>;
  readonly float64: OfArray<Float64ArrayConstructor>;
  readonly int64: OfArray<BigInt64ArrayConstructor>;
  readonly uint64: OfArray<BigUint64ArrayConstructor>;
}

/** Names of the element types that have a typed array. */
export type NumericName = keyof NumericArrays;
/** Bytes with a buffer of their own. */
export type Bytes = NumericArrays["uint8"];
/** The 64-bit integer arrays. */
export type BigIntArray = NumericArrays["int64" | "uint64"];
/** The arrays whose elements are numbers. */
export type NumberArray = NumericArrays[Exclude<NumericName, "int64" | "uint64">];
