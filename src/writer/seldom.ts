/** What few files need, loaded when one does: data that lie elsewhere, and what references name in the heap. */
export { type DataElsewhere, planElsewhere, writeExternalFiles } from "./data-elsewhere.js";
export { referenceOptions } from "./encode-heap-references.js";
export { checkExternalRoom, writeExternal } from "./external-write.js";
export { assertOwnExtent, writeVirtual } from "./virtual-write.js";
