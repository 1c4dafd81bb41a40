/**
 * How users ask for filters with parameters. For index.ts alone, and constants rather than re-exports: so bundlers keep
 * the code behind out of what is loaded at once, unless somebody uses it (docs/bundles.md).
 */
import { deflate as deflateSpec } from "./deflate.js";
import { scaleOffset as scaleOffsetSpec } from "./scale-offset.js";

/** Deflate with a level, 0 (stored) to 9 (smallest), 4 by default. */
export const deflate: typeof deflateSpec = deflateSpec;

/** Store values as differences from the smallest one, in as few bits as they need. */
export const scaleOffset: typeof scaleOffsetSpec = scaleOffsetSpec;
