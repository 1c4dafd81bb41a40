/**
 * A file of the browser's own file system (OPFS), or one the user picked: `FileSystemFileHandle`. In a worker, writing
 * goes through a sync access handle, which has the file to itself; on the main thread through a writable stream, whose
 * changes take effect when it is closed: that is what `flush` does, and a read after a write.
 */
import { Hdf5DriverError, Hdf5StateError, Hdf5UsageError } from "../errors.js";
import { type BlobLike, blobDriver } from "./blob.js";
import { copyOf } from "./copy-of.js";
import type { WritableDriver } from "./driver.js";

/** What of the platform's `FileSystemFileHandle` is used. */
export interface OpfsHandleLike {
  readonly kind: "file";
  readonly name: string;
  getFile(): Promise<BlobLike>;
  createSyncAccessHandle?(): Promise<SyncAccessHandleLike>;
  createWritable?(options: { readonly keepExistingData: boolean }): Promise<WritableFileLike>;
}

/** What of the platform's `FileSystemSyncAccessHandle` is used. */
export interface SyncAccessHandleLike {
  read(buffer: Uint8Array, options: { readonly at: number }): number;
  write(buffer: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** What of the platform's `FileSystemWritableFileStream` is used. */
export interface WritableFileLike {
  write(part: { readonly type: "write"; readonly position: number; readonly data: Uint8Array }): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Open a file handle for reading and writing.
 * @throws Hdf5StateError "locked" when somebody else writes the file; Hdf5DriverError with the platform's error name as
 * `status`, from here and from every call; Hdf5UsageError where the handle cannot be written.
 * @example
 * const folder = await navigator.storage.getDirectory();
 * const driver = await opfsDriver(await folder.getFileHandle("a.h5", { create: true }));
 * await using file = await create(driver);
 */
export async function opfsDriver(handle: OpfsHandleLike): Promise<WritableDriver> {
  if (handle.createSyncAccessHandle !== undefined) {
    return syncDriver(await exclusive(handle), handle.name);
  }
  if (handle.createWritable !== undefined) {
    const release = await webLock(handle);
    try {
      return asyncDriver(handle, await guard(handle.name, undefined, () => handle.getFile()), release);
    } catch (error) {
      release();
      throw error;
    }
  }
  throw new Hdf5UsageError("handle", "cannot be written on this platform", "one with createWritable, or a worker");
}

function locked({ name }: OpfsHandleLike, cause?: unknown): Hdf5StateError {
  return new Hdf5StateError("locked", `${name} is open for writing elsewhere`, { file: name, cause });
}

/** A sync access handle has the file to itself. */
async function exclusive(handle: OpfsHandleLike): Promise<SyncAccessHandleLike> {
  try {
    return await guard(handle.name, undefined, () => handle.createSyncAccessHandle?.());
  } catch (error) {
    const taken = error instanceof Hdf5DriverError && error.status === "NoModificationAllowedError";
    throw taken ? locked(handle, error) : error;
  }
}

/** What of the platform's `navigator` is used. */
interface NavigatorLike {
  readonly locks?: {
    request(
      name: string,
      options: { readonly ifAvailable: true },
      held: (lock: unknown) => Promise<void> | undefined,
    ): Promise<unknown>;
  };
  readonly storage?: {
    getDirectory?(): Promise<{ resolve(handle: OpfsHandleLike): Promise<readonly string[] | null> }>;
  };
}

/**
 * On the main thread streams of several writers would each replace the whole file: a Web Lock on the path keeps the file
 * of OPFS to one writer. A file that the user picked has no path that pages know, and is not locked.
 * @returns what lets go of it.
 */
async function webLock(handle: OpfsHandleLike): Promise<() => void> {
  const { navigator } = globalThis as unknown as { readonly navigator?: NavigatorLike };
  const folder = navigator?.locks === undefined ? undefined : await navigator.storage?.getDirectory?.();
  const path = await folder?.resolve(handle);
  if (path === undefined || path === null) return () => undefined;
  return new Promise((resolve, reject) => {
    const request = navigator?.locks?.request(`h5ts:/${path.join("/")}`, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        reject(locked(handle));
        return undefined;
      }
      return new Promise<void>((release) => resolve(release));
    });
    request?.catch(reject);
  });
}

/** Run a call of the platform; its errors become `Hdf5DriverError`. */
async function guard<T>(
  name: string,
  range: readonly [number, number] | undefined,
  call: () => T | Promise<T>,
): Promise<NonNullable<Awaited<T>>> {
  try {
    return (await call()) as NonNullable<Awaited<T>>; // nothing here gives null; results of void are not used
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Hdf5DriverError || error instanceof Hdf5StateError) throw error;
    throw new Hdf5DriverError(name, error.message, { range, status: error.name, cause: error });
  }
}

function syncDriver(access: SyncAccessHandleLike, name: string): WritableDriver {
  let open = true;
  let lastSize = 0;
  const run = <T>(range: readonly [number, number] | undefined, call: () => T) =>
    guard(name, range, () => {
      if (!open) throw new Hdf5StateError("closed", `${name}: the file is closed`);
      return call();
    });
  return {
    name,
    local: true,
    get size() {
      if (open) lastSize = access.getSize();
      return lastSize;
    },
    async read(offset, length, options) {
      options?.signal?.throwIfAborted();
      return run([offset, length], () => {
        const out = new Uint8Array(Math.max(0, Math.min(length, access.getSize() - offset)));
        let done = 0;
        while (done < out.length) {
          const count = access.read(out.subarray(done), { at: offset + done });
          if (count <= 0) break;
          done += count;
        }
        return done === out.length ? out : out.slice(0, done);
      });
    },
    async write(offset, bytes) {
      await run([offset, bytes.length], () => {
        for (let done = 0; done < bytes.length; ) {
          const count = access.write(bytes.subarray(done), { at: offset + done });
          if (count <= 0) {
            const finding = `took ${done} of ${bytes.length} bytes`;
            throw new Hdf5DriverError(name, finding, { range: [offset, bytes.length] });
          }
          done += count;
        }
      });
    },
    async truncate(size) {
      await run(undefined, () => access.truncate(size));
    },
    async flush() {
      await run(undefined, () => access.flush());
    },
    async close() {
      if (!open) return;
      lastSize = access.getSize();
      open = false;
      await guard(name, undefined, () => access.close());
    },
  };
}

function asyncDriver(handle: OpfsHandleLike, initial: BlobLike, release: () => void): WritableDriver {
  const { name } = handle;
  let blob = initial;
  let { size } = initial;
  let stream: WritableFileLike | undefined;
  let open = true;
  /** Calls run one after another: a stream that is being closed takes nothing more. */
  let last: Promise<unknown> = Promise.resolve();

  function inOrder<T>(range: readonly [number, number] | undefined, call: () => Promise<T>): Promise<T> {
    const run = last.then(() =>
      guard(name, range, () => {
        if (!open) throw new Hdf5StateError("closed", `${name}: the file is closed`);
        return call();
      }),
    );
    last = run.catch(() => undefined); // the caller is told
    return run as Promise<T>; // guard's type leaves out null and undefined, which it passes on
  }

  async function writable(): Promise<WritableFileLike> {
    stream ??= await guard(name, undefined, () => handle.createWritable?.({ keepExistingData: true }));
    return stream;
  }

  async function settle(): Promise<void> {
    if (stream === undefined) return;
    const closing = stream;
    stream = undefined;
    await closing.close();
    blob = await handle.getFile();
  }

  return {
    name,
    local: true,
    get size() {
      return size;
    },
    async read(offset, length, options) {
      options?.signal?.throwIfAborted();
      const content = await inOrder([offset, length], async () => {
        await settle();
        return blob;
      });
      return blobDriver(Object.assign(slices(content), { name })).read(offset, length, options);
    },
    async write(offset, bytes) {
      if (bytes.length === 0) return;
      const data = copyOf(bytes);
      await inOrder([offset, bytes.length], async () => {
        const to = await writable();
        if (offset > size) await to.truncate(offset);
        await to.write({ type: "write", position: offset, data });
        size = Math.max(size, offset + data.length);
      });
    },
    truncate: (to) =>
      inOrder(undefined, async () => {
        await (await writable()).truncate(to);
        size = to;
      }),
    flush: () => inOrder(undefined, settle),
    async close() {
      if (!open) return;
      await inOrder(undefined, async () => {
        try {
          await settle();
        } finally {
          open = false;
          release();
        }
      });
    },
  };
}

/** A Blob's own `name` cannot be set. */
function slices(blob: BlobLike): BlobLike {
  return { size: blob.size, slice: (from, to) => blob.slice(from, to), arrayBuffer: () => blob.arrayBuffer() };
}
