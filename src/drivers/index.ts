/** `h5ts/drivers`: byte devices, and wrappers around them. */
export { nodeFileDriver } from "#platform";
export { type BlobLike, blobDriver } from "./blob.js";
export type { Driver, WritableDriver } from "./driver.js";
export { type FamilyDriver, type FamilyOptions, familyDriver, type MemberMode } from "./family.js";
export { type MemoryDriver, memoryDriver } from "./memory.js";
export type { FileMode, NodeFileDriver } from "./node-file.js";
export { readOnly } from "./read-only.js";
export { type DriverOperation, type Recorded, recording } from "./recording.js";
