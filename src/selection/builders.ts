/**
 * What users build selections with. For index.ts alone, and constants rather than re-exports: so bundlers keep the code
 * behind out of what is loaded at once, unless somebody uses it (docs/bundles.md).
 */
import * as selection from "./selection.js";

/** A regular hyperslab: `count` blocks of `block` elements, `stride` apart, from `start` on, per dimension. */
export const hyperslab: typeof selection.hyperslab = selection.hyperslab;

/** Single elements by their coordinates, in the order given. Reading gives rank 1. */
export const points: typeof selection.points = selection.points;
