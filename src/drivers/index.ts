/** `h5ts/drivers`: byte devices, and wrappers around them. */
export { nodeFileDriver } from "#platform";
export { type BlobLike, blobDriver } from "./blob.js";
export { type CoreDriver, type CoreOptions, coreDriver } from "./core.js";
export type { Driver, SideFile, WritableDriver } from "./driver.js";
export { type FamilyDriver, type FamilyOptions, familyDriver, type MemberMode } from "./family.js";
export { type BodyLike, type FetchLike, type HttpOptions, httpDriver, type ResponseLike } from "./http.js";
export { type MemoryDriver, memoryDriver } from "./memory.js";
export {
  type MultiDriver,
  type MultiMember,
  type MultiMode,
  type MultiOptions,
  multiDriver,
  multiMembers,
  splitDriver,
  splitMembers,
} from "./multi.js";
export type { FileMode, NodeFileDriver } from "./node-file.js";
export { type OpfsHandleLike, opfsDriver, type SyncAccessHandleLike, type WritableFileLike } from "./opfs.js";
export { readOnly } from "./read-only.js";
export { type DriverOperation, type Recorded, recording } from "./recording.js";
export { type S3Credentials, type S3Location, type S3Options, s3Driver } from "./s3.js";
export { type CacheOptions, withCache } from "./with-cache.js";
export { withConcurrency } from "./with-concurrency.js";
export { type RetryOptions, withRetry } from "./with-retry.js";
