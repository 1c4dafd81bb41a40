/**
 * Dataspace message (type 0x0001): rank and extent of a dataset or attribute.
 * Spec: File Format 3.0, IV.A.2.b. Reads versions 1 and 2, writes version 2, or 1 where the context asks for the oldest.
 *
 *   version 1:  version u8 | rank u8 | flags u8 | reserved 5 | size × rank (L) | max size × rank (L, if flag 0)
 *   version 2:  version u8 | rank u8 | flags u8 | type u8 | size × rank (L) | max size × rank (L, if flag 0)
 *   L = size of lengths. All bits set in a max size means unlimited, here `Infinity`.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { Hdf5FormatError, Hdf5UnsupportedError } from "../../errors.js";
import { type FormatContext, writeLength } from "../context.js";

const MAX_RANK = 32; // H5S_MAX_RANK
const HAS_MAX = 0x01; // H5S_VALID_MAX
const HAS_PERMUTATION = 0x02; // H5S_VALID_PERM
const KINDS = ["scalar", "simple", "null"] as const; // H5S_class_t

/** How many elements there are, and in how many dimensions. */
export type Dataspace =
  | { readonly kind: "null" }
  | { readonly kind: "scalar" }
  | {
      readonly kind: "simple";
      readonly shape: readonly number[];
      /** Largest extents, `Infinity` where there is no limit; absent: the extents cannot change. */
      readonly maxShape?: readonly number[] | undefined;
    };

/**
 * The extent as stored. Its number of elements may be beyond what can be counted (an unlimited dataset of the library's
 * own tests is): `elementCount` refuses that, so that such an object can still be listed.
 * @throws Hdf5UnsupportedError for an extent above 2^53 − 1.
 */
export function decodeDataspace(cur: Cursor, ctx: FormatContext): Dataspace {
  const version = cur.u8("version");
  if (version !== 1 && version !== 2) cur.fail("version", `is ${version}, expected 1 or 2`);
  const rank = cur.u8("dimensionality");
  if (rank > MAX_RANK) cur.fail("dimensionality", `is ${rank}, at most ${MAX_RANK}`);
  const flags = cur.u8("flags");
  const type = version === 1 ? Math.min(rank, 1) : cur.u8("type");
  const kind = KINDS[type] ?? cur.fail("type", `is ${type}, at most 2`);
  if (kind !== "simple" && rank > 0) cur.fail("dimensionality", `is ${rank} for a ${kind} dataspace`);
  if (version === 1) {
    cur.skip(5);
    // Defined by the specification, never written by any library.
    if ((flags & HAS_PERMUTATION) !== 0) throw new Hdf5UnsupportedError("dataspaces with permuted dimensions");
  }
  if (kind === "null") return Object.freeze({ kind });
  if (rank === 0) return Object.freeze({ kind: "scalar" }); // also "simple" of rank 0: one element
  const shape = Array.from(
    { length: rank },
    (_, d) => extent(cur, ctx, `size of dimension ${d}`) ?? cur.fail(`size of dimension ${d}`, "is unlimited"),
  );
  if ((flags & HAS_MAX) === 0) return Object.freeze({ kind: "simple", shape: Object.freeze(shape) });
  const maxShape = shape.map((size, d) => {
    const max = extent(cur, ctx, `maximum size of dimension ${d}`) ?? Number.POSITIVE_INFINITY;
    return max >= size ? max : cur.fail(`maximum size of dimension ${d}`, `is ${max}, the size is ${size}`);
  });
  return Object.freeze({ kind: "simple", shape: Object.freeze(shape), maxShape: Object.freeze(maxShape) });
}

/** A size that may be valid and yet beyond what a number holds exactly; undefined: unlimited. */
function extent(cur: Cursor, ctx: FormatContext, field: string): number | undefined {
  const bytes = cur.take(ctx.sizeOfLengths, field);
  if (bytes.every((byte) => byte === 0xff)) return undefined;
  if ((bytes[6] ?? 0) > 0x1f || bytes.some((byte, i) => i > 6 && byte !== 0)) {
    throw new Hdf5UnsupportedError("dataspaces with dimensions above 2^53 − 1");
  }
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

export function encodeDataspace(out: ByteWriter, space: Dataspace, ctx: FormatContext): void {
  const shape = space.kind === "simple" ? space.shape : [];
  const maxShape = space.kind === "simple" ? space.maxShape : undefined;
  // Version 1 knows no null dataspace.
  const version = ctx.oldest === true && space.kind !== "null" ? 1 : 2;
  out.u8(version).u8(shape.length);
  out.u8(maxShape === undefined ? 0 : HAS_MAX);
  if (version === 1) out.zeros(5);
  else out.u8(KINDS.indexOf(space.kind));
  for (const size of shape) writeLength(out, size, ctx);
  for (const size of maxShape ?? []) {
    if (size === Number.POSITIVE_INFINITY) out.fill(0xff, ctx.sizeOfLengths);
    else writeLength(out, size, ctx);
  }
}

/**
 * Number of elements: 0 of a null dataspace, 1 of a scalar.
 * @throws Hdf5FormatError above 2^53 − 1.
 */
export function elementCount(space: Dataspace): number {
  const count = roundedCount(space);
  if (Number.isSafeInteger(count)) return count;
  throw new Hdf5FormatError(
    { structure: "dataspace" },
    `of [${shapeOf(space).join(", ")}] has more than 2^53 − 1 elements`,
  );
}

/** As `elementCount`; above 2^53 − 1, which a dataset may have that stores little or nothing, it is rounded. */
export function roundedCount(space: Dataspace): number {
  if (space.kind !== "simple") return space.kind === "scalar" ? 1 : 0;
  if (space.shape.includes(0)) return 0;
  // A product of positive integers never falls again: one look at the end sees that it was rounded.
  return space.shape.reduce((product, size) => product * size, 1);
}

/** The shape of the data: `[]` of a scalar, `[0]` of a null dataspace. */
export function shapeOf(space: Dataspace): readonly number[] {
  if (space.kind === "simple") return space.shape;
  return space.kind === "scalar" ? [] : [0];
}
