/**
 * What users build datatypes with, and ask of them. For index.ts alone, and constants rather than re-exports: so bundlers
 * keep the code behind out of what is loaded at once, unless somebody uses it (docs/bundles.md).
 */
import * as input from "./datatype-input.js";

/** An array type: each element is a whole array of this shape. */
export const arrayType: typeof input.arrayType = input.arrayType;

/** A compound type of members in their order, packed, or with `aligned` as a C compiler lays them out. */
export const compoundType: typeof input.compoundType = input.compoundType;

/** The datatype meant: by name, by a committed datatype, or as it is. The result is frozen. */
export const datatypeOf: typeof input.datatypeOf = input.datatypeOf;

/** An enumeration. Without a base: int8, or the narrowest signed integer that holds the values. */
export const enumType: typeof input.enumType = input.enumType;

/** Is this a complex number: class 11, or h5py's compound of two equal floats `r` and `i`? */
export const isComplex: typeof input.isComplex = input.isComplex;

/** Bytes that HDF5 does not interpret; the tag says what they are. */
export const opaqueType: typeof input.opaqueType = input.opaqueType;

/** Are two datatypes stored alike? Names and order of members count, `committed` does not. */
export const sameDatatype: typeof input.sameDatatype = input.sameDatatype;

/** A string type. A length counts bytes of the stored text, padding included. */
export const stringType: typeof input.stringType = input.stringType;

/** Sequences of any length. */
export const vlenType: typeof input.vlenType = input.vlenType;
