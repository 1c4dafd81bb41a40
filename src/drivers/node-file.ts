/** A file of Node's file system. Reached through `#platform` only. */
import { dirname, resolve } from "node:path";
import { checkObject, Hdf5DriverError, Hdf5StateError, oneOf, refuse } from "../errors.js";
import type { SideFile, WritableDriver } from "./driver.js";
import { AT_ONCE, type ImmediateDriver } from "./immediate.js";
import { called, closeAsync, guard, openAsync, syncFolder, told } from "./node-calls.js";
import { type NodeFs, nodeFs } from "./node-fs.js";
import { sideFileOf } from "./node-side-file.js";

/** Most bytes of one system call: Linux moves at most 2^31 − 4096. */
const MAX_TRANSFER = 2 ** 30;

/** Reads up to this length are done at once: the way to the thread pool and back costs more. */
const SYNC_BYTES = 16 * 1024;
/** So are writes, which the system only copies. */
const SYNC_WRITE_BYTES = 2 ** 20;

/** How a file is opened: read, read and write, create or replace, create only where nothing is. */
export type FileMode = "r" | "r+" | "w" | "wx";

/** Flags of `open`: "w" without O_TRUNC would keep old bytes, and reading must be possible in every mode. */
const FLAGS: { readonly [M in FileMode]: string } = { r: "r", "r+": "r+", w: "w+", wx: "wx+" };

export interface NodeFileDriver extends WritableDriver {
  readonly name: string;
  readonly size: number;
  /** Of a file that was opened by its path. */
  readonly sideFile: SideFile | undefined;
  close(): Promise<void>;
}

/**
 * Open a file by path, or take over an open descriptor (which `close` leaves open).
 * @throws Hdf5DriverError with the system's error code as `status`, from here and from every call; Hdf5UsageError.
 */
export async function nodeFileDriver(
  target: string | { readonly fd: number; readonly name?: string | undefined },
  options: { readonly mode?: FileMode | undefined } = {},
): Promise<NodeFileDriver> {
  checkObject("options", options);
  const mode = oneOf("mode", options.mode, ["r", "r+", "w", "wx"]) ?? "r";
  if (typeof target !== "string" && !(Number.isInteger(target?.fd) && target.fd >= 0)) {
    refuse("target", target, "a path, or { fd } of an open file");
  }
  const name = typeof target === "string" ? target : (target.name ?? `descriptor ${target.fd}`);
  const fs = await nodeFs();
  const fd =
    typeof target === "string" ? await guard(name, undefined, () => openAsync(fs, target, FLAGS[mode])) : target.fd;
  const folder = typeof target === "string" && (mode === "w" || mode === "wx") ? dirname(resolve(target)) : undefined;
  return driverOf(fs, fd, name, mode !== "r", typeof target === "string" ? target : undefined, folder);
}

/** @param path when the descriptor is the driver's own, to be closed with it. */
function driverOf(
  fs: NodeFs,
  fd: number,
  name: string,
  writable: boolean,
  path: string | undefined,
  newIn: string | undefined,
): NodeFileDriver & ImmediateDriver {
  let open = true;
  let lastSize = 0;
  let unsyncedFolder = newIn;
  let calls = 0;
  let idle: (() => void) | undefined;

  /** Run a call on the open descriptor; `close` waits for it, because descriptors are used again. */
  async function run<T>(range: readonly [number, number] | undefined, call: () => T | Promise<T>): Promise<T> {
    if (!open) throw new Hdf5StateError("closed", `${name}: the file is closed`);
    calls++;
    try {
      return await guard(name, range, call);
    } finally {
      if (--calls === 0) idle?.();
    }
  }

  function checkWritable(): void {
    if (!writable) throw new Hdf5StateError("read-only", `${name}: the file was opened read-only`);
  }

  return {
    name,
    local: true,
    sideFile: path === undefined ? undefined : sideFileOf(fs, path),
    get size() {
      if (open) lastSize = sizeOf(fs, fd, name);
      return lastSize;
    },
    read: (offset, length, options) =>
      run([offset, length], async () => {
        options?.signal?.throwIfAborted();
        const room = Math.max(0, fs.fstatSync(fd).size - offset);
        const out = new Uint8Array(Math.min(length, room));
        let done = 0;
        while (done < out.length) {
          const count = await readSome(fs, fd, out, done, offset + done);
          if (count === 0) break;
          done += count;
          options?.signal?.throwIfAborted();
        }
        return done === out.length ? out : out.slice(0, done);
      }),
    write: async (offset, bytes) => {
      checkWritable();
      await run([offset, bytes.length], async () => {
        for (let done = 0; done < bytes.length; ) {
          const count = await writeSome(fs, fd, bytes, done, offset + done);
          if (count === 0) throw tookNoMore(name, offset, done, bytes.length);
          done += count;
        }
      });
    },
    [AT_ONCE]: (offset, bytes) => {
      if (!open || !writable || bytes.length > SYNC_WRITE_BYTES) return false;
      for (let done = 0; done < bytes.length; ) done += writeAtOnce(fs, fd, name, bytes, done, offset);
      return true;
    },
    truncate: async (size) => {
      checkWritable();
      await run(undefined, () => fs.ftruncateSync(fd, size));
    },
    flush: async () => {
      checkWritable();
      await run(undefined, async () => {
        await called((done) => fs.fdatasync(fd, done));
        if (unsyncedFolder !== undefined) await syncFolder(fs, unsyncedFolder);
        unsyncedFolder = undefined;
      });
    },
    close: async () => {
      if (!open) return;
      lastSize = sizeOf(fs, fd, name);
      open = false;
      if (calls > 0) await new Promise<void>((resolve) => (idle = resolve));
      if (path !== undefined) await guard(name, undefined, () => closeAsync(fs, fd));
    },
  };
}

function sizeOf(fs: NodeFs, fd: number, name: string): number {
  try {
    return fs.fstatSync(fd).size;
  } catch (error) {
    throw told(name, undefined, error);
  }
}

function readSome(fs: NodeFs, fd: number, out: Uint8Array, at: number, position: number): number | Promise<number> {
  const length = Math.min(out.length - at, MAX_TRANSFER);
  if (length <= SYNC_BYTES) return fs.readSync(fd, out, at, length, position);
  return new Promise((resolve, reject) => {
    fs.read(fd, out, at, length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

function writeSome(fs: NodeFs, fd: number, bytes: Uint8Array, at: number, position: number): number | Promise<number> {
  const length = Math.min(bytes.length - at, MAX_TRANSFER);
  if (length <= SYNC_WRITE_BYTES) return fs.writeSync(fd, bytes, at, length, position);
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, at, length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

/** Write a part, at least one byte. */
function writeAtOnce(fs: NodeFs, fd: number, name: string, bytes: Uint8Array, from: number, offset: number): number {
  let count: number;
  try {
    count = fs.writeSync(fd, bytes, from, bytes.length - from, offset + from);
  } catch (error) {
    throw told(name, [offset, bytes.length], error);
  }
  if (count === 0) throw tookNoMore(name, offset, from, bytes.length);
  return count;
}

function tookNoMore(name: string, offset: number, done: number, length: number): Hdf5DriverError {
  return new Hdf5DriverError(name, `took ${done} of ${length} bytes`, { range: [offset, length] });
}
