/**
 * Dataspace message (type 0x0001): rank and extent of a dataset or attribute.
 * Spec: File Format 3.0, IV.A.2.b. Reads versions 1 and 2, writes version 2.
 *
 *   version 1:  version u8 | rank u8 | flags u8 | reserved 5 | size × rank (L) | max size × rank (L, if flag 0)
 *               | permutation × rank (L, if flag 1; never written)
 *   version 2:  version u8 | rank u8 | flags u8 | type u8 | size × rank (L) | max size × rank (L, if flag 0)
 *   L = size of lengths. All bits set in a max size means unlimited, here `Infinity`.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { Hdf5FormatError } from "../../errors.js";
import { type FormatContext, readLength, writeLength } from "../context.js";

export type Dataspace =
  | { readonly kind: "null" }
  | { readonly kind: "scalar" }
  | { readonly kind: "simple"; readonly shape: readonly number[]; readonly maxShape?: readonly number[] | undefined };

const MAX_RANK = 32; // H5S_MAX_RANK
const HAS_MAX = 0x01;
const HAS_PERMUTATION = 0x02;
const TYPES = ["scalar", "simple", "null"] as const; // H5S_class_t

export function decodeDataspace(cur: Cursor, ctx: FormatContext): Dataspace {
  const version = cur.u8("version");
  if (version !== 1 && version !== 2) cur.fail("version", `is ${version}, expected 1 or 2`);
  const rank = cur.u8("dimensionality");
  if (rank > MAX_RANK) cur.fail("dimensionality", `is ${rank}, at most ${MAX_RANK}`);
  const flags = cur.u8("flags");
  let kind: (typeof TYPES)[number] = rank === 0 ? "scalar" : "simple";
  if (version === 2) {
    const type = cur.u8("type");
    kind = TYPES[type] ?? cur.fail("type", `is ${type}, at most 2`);
    if (kind !== "simple" && rank !== 0) cur.fail("dimensionality", `is ${rank} for a ${kind} dataspace`);
  } else cur.skip(5);
  if (kind === "null") return { kind };
  if (kind === "scalar" || rank === 0) return { kind: "scalar" };
  const shape = Array.from({ length: rank }, () => readLength(cur, ctx, "dimension size"));
  if ((flags & HAS_MAX) === 0) return checked(cur, { kind: "simple", shape });
  const maxShape = shape.map((extent) => {
    const max = cur.uintOrUndefined(ctx.sizeOfLengths, "dimension maximum size") ?? Number.POSITIVE_INFINITY;
    if (max < extent) cur.fail("dimension maximum size", `is ${max}, the size is ${extent}`);
    return max;
  });
  if (version === 1 && (flags & HAS_PERMUTATION) !== 0) cur.skip(rank * ctx.sizeOfLengths);
  return checked(cur, { kind: "simple", shape, maxShape });
}

function checked(cur: Cursor, space: Dataspace & { kind: "simple" }): Dataspace {
  if (!Number.isSafeInteger(elementCountOf(space.shape))) cur.fail("dimension sizes", "have a product above 2^53 − 1");
  return space;
}

export function encodeDataspace(out: ByteWriter, space: Dataspace, ctx: FormatContext): void {
  const shape = space.kind === "simple" ? space.shape : [];
  const maxShape = space.kind === "simple" ? space.maxShape : undefined;
  out
    .u8(2)
    .u8(shape.length)
    .u8(maxShape === undefined ? 0 : HAS_MAX)
    .u8(TYPES.indexOf(space.kind));
  for (const extent of shape) writeLength(out, extent, ctx);
  for (const extent of maxShape ?? []) {
    if (extent === Number.POSITIVE_INFINITY) out.fill(0xff, ctx.sizeOfLengths);
    else writeLength(out, extent, ctx);
  }
}

/** A product of extents; 0 if one is 0, whatever the others are. */
function elementCountOf(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, extent) => product * extent, 1);
}

/** Elements of a dataspace: none of a null one, one of a scalar. @throws Hdf5FormatError beyond 2^53 − 1. */
export function elementCount(space: Dataspace): number {
  if (space.kind !== "simple") return space.kind === "null" ? 0 : 1;
  const count = elementCountOf(space.shape);
  if (Number.isSafeInteger(count)) return count;
  throw new Hdf5FormatError({ structure: "dataspace message" }, "has more than 2^53 − 1 elements");
}

/** The extent as users see it: `[]` of a scalar, `[0]` of a null dataspace. */
export function shapeOf(space: Dataspace): readonly number[] {
  return space.kind === "simple" ? space.shape : space.kind === "null" ? [0] : [];
}
