/** A file in an R2 bucket as a driver: everything that h5ts needs of a medium is `size` and `read`. */
import { Hdf5DriverError } from "h5ts";

/**
 * @param {R2Bucket} bucket a binding of the worker.
 * @param {string} key the object's.
 */
export async function r2Driver(bucket, key) {
  const head = await bucket.head(key);
  if (head === null) throw new Hdf5DriverError(key, "is not in the bucket", { status: 404 });
  return {
    name: key,
    size: head.size,
    async read(offset, length) {
      const range = { offset, length: Math.min(length, head.size - offset) };
      if (range.length <= 0) return new Uint8Array(0);
      const object = await bucket.get(key, { range, onlyIf: { etagMatches: head.etag } });
      if (!object?.body) throw new Hdf5DriverError(key, "was replaced while it was read", { range: [offset, length] });
      return new Uint8Array(await object.arrayBuffer());
    },
  };
}
