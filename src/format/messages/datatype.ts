/** A reference to an object of a file, by the address of its header relative to the base address. */
export interface ObjectReference {
  readonly kind: "object-reference";
  readonly address: number;
  /** Name of the file the object lies in, when it is another one. */
  readonly file: string | undefined;
}

/** Where the value's bits lie in an element's bytes. */
export interface BitLayout {
  readonly order: "le" | "be";
  /** Bits of the value. */
  readonly precision: number;
  /** Bit at which the value starts. */
  readonly offset: number;
  readonly padding: readonly [low: 0 | 1, high: 0 | 1];
}

export type StringPadding = "null-terminated" | "null-padded" | "space-padded";

/** A datatype as stored: a plain frozen object. `size` is the bytes of one element in the file. */
export type Datatype = { readonly size: number; readonly committed?: ObjectReference | undefined } & (
  | (BitLayout & { readonly kind: "integer"; readonly signed: boolean })
  | (BitLayout & { readonly kind: "bitfield" })
  | {
      readonly kind: "float";
      readonly order: "le" | "be" | "vax";
      readonly precision: number;
      readonly offset: number;
      /** Bit position of the sign. */
      readonly sign: number;
      readonly exponent: readonly [position: number, size: number];
      readonly mantissa: readonly [position: number, size: number];
      readonly bias: number;
      readonly normalization: "none" | "msb-set" | "implied";
      readonly padding: readonly [low: 0 | 1, high: 0 | 1, internal: 0 | 1];
    }
  | { readonly kind: "time"; readonly order: "le" | "be"; readonly precision: number }
  | { readonly kind: "opaque"; readonly tag: string }
  | { readonly kind: "complex"; readonly base: Datatype }
  | {
      readonly kind: "string";
      readonly length: number | "variable";
      readonly padding: StringPadding;
      readonly charset: "ascii" | "utf-8";
    }
  | { readonly kind: "reference"; readonly to: "object" | "region" | "attribute"; readonly revised: boolean }
  | {
      readonly kind: "enum";
      readonly base: Datatype;
      readonly members: readonly { readonly name: string; readonly value: number | bigint }[];
      /** h5py's boolean: FALSE = 0, TRUE = 1 over int8. */
      readonly boolean: boolean;
    }
  | {
      readonly kind: "compound";
      readonly members: readonly { readonly name: string; readonly offset: number; readonly datatype: Datatype }[];
    }
  | { readonly kind: "array"; readonly base: Datatype; readonly shape: readonly number[] }
  | { readonly kind: "vlen"; readonly base: Datatype }
);
