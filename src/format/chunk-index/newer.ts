/** The chunk indexes of layout version 4 that need code of their own; loaded together, see ../rare.ts. */
export { readChunkBtreeV2 } from "./btree-v2.js";
export { readExtensibleArray } from "./extensible-array.js";
export { readFixedArray } from "./fixed-array.js";
export { readImplicitIndex } from "./implicit.js";
