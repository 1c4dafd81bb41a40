/** Creating a file. */
import { resolve } from "#platform";
import { checkOptions, Hdf5UnsupportedError, Hdf5UsageError, oneOf } from "../errors.js";
import { Pager } from "../io/pager.js";
import { located } from "../model/calls.js";
import { countedDriver } from "../model/counted-driver.js";
import { newFileState } from "../model/file-state.js";
import { contextOf } from "../model/open-file.js";
import type { KeptOrders } from "../model/writer-contract.js";
import { fileHandle } from "./factory.js";
import { DURABILITIES, settingsOf } from "./open.js";
import type { CreateOptions, Target } from "./options.js";
import { createTarget } from "./source.js";
import type { Hdf5File } from "./types.js";

const LIBVERS = ["earliest", "v108", "v110", "latest"] as const;

/** Smallest user block; others are its doubles. */
const MIN_USER_BLOCK = 512;

/**
 * Create an HDF5 file, open for reading and writing. Arguments are checked before an existing target is replaced.
 * @param target a path or file URL, FileSystemFileHandle or WritableDriver; nothing: a file in memory, see
 * `file.toBytes()`; with `driver: "family"` the pattern of the members' names, with
 * `"split"` or `"multi"` what their names have in common.
 * @throws Hdf5ExistsError with `exclusive` when the target exists; Hdf5UsageError, Hdf5UnsupportedError for options that
 * cannot be had; Hdf5DriverError when the target cannot be written.
 * @example
 * await using file = await create("out.h5");
 * await file.root.createDataset("x", { data: new Float32Array([1, 2, 3]) });
 */
export function create(target?: Target, options: CreateOptions = {}): Promise<Hdf5File> {
  return createKeeping(target, options, undefined);
}

/** As `create`, with a root group that keeps these orders. */
export async function createKeeping(
  target: Target | undefined,
  options: CreateOptions,
  rootOrders: KeptOrders | undefined,
): Promise<Hdf5File> {
  checkOptions(options);
  const { signal } = options;
  const settings = settingsOf(options, "r+");
  const wanted = {
    libver: oneOf("libver", options.libver, LIBVERS) ?? ("v108" as const),
    userBlock: userBlockOf(options.userBlock),
    trackOrder: options.trackOrder ?? false,
    rootOrders,
  };
  const durability = oneOf("durability", options.durability, DURABILITIES) ?? "process";
  const { attachWriter, joinedWrites, newSuperblock } = await import("../writer/index.js");
  newSuperblock({ ...wanted, driverInfo: undefined });
  if (wanted.userBlock !== undefined && isInMembers(target, options)) {
    throw new Hdf5UnsupportedError("split and multi files with a user block");
  }
  signal?.throwIfAborted();
  const made = await createTarget(target, options.exclusive ?? false, options);
  const { driver, name, local, folder, paths, memberSize } = made;
  try {
    // Of the file that was there.
    await driver.sideFile?.remove(false);
    const driverInfo = memberSize === undefined ? undefined : { id: "NCSAfami", data: littleEndian64(memberSize) };
    const inMembers =
      made.members === undefined ? undefined : (await import("./new-members.js")).membersOfNew(driver, made.members);
    const newFile = { ...wanted, driverInfo, ...inMembers?.newFile };
    const superblock = newSuperblock(newFile);
    const counters = { requests: 0, bytesRead: 0 };
    const counted = countedDriver(joinedWrites(driver), counters);
    const pager = new Pager(counted);
    pager.baseAddress = superblock.baseAddress;
    pager.setEnd(superblock.endOfFile);
    inMembers?.use(pager);
    const context = { ...contextOf(superblock, undefined), ...inMembers?.context };
    const members = inMembers?.members;
    const wasNotClosed = false;
    const parts = { name, local, folder, driver: counted, counters, pager, superblock, context, members, wasNotClosed };
    const state = newFileState(parts, settings);
    await attachWriter(state, { durability, create: newFile });
    // Whatever the working folder is when they are removed.
    return fileHandle(state, { created: paths.map((path) => resolve(path)) });
  } catch (error) {
    await driver.close?.();
    throw located(error, name);
  }
}

function isInMembers(target: Target | undefined, { driver }: CreateOptions): boolean {
  return driver === "split" || driver === "multi" || (typeof target === "object" && "members" in target);
}

function userBlockOf(userBlock: number | Uint8Array | undefined): Uint8Array | undefined {
  if (userBlock instanceof Uint8Array) {
    if (userBlock.length === 0) return undefined;
    let size = MIN_USER_BLOCK;
    while (size < userBlock.length) size *= 2;
    const padded = new Uint8Array(size);
    padded.set(userBlock);
    return padded;
  }
  if (userBlock === undefined || userBlock === 0) return undefined;
  if (Number.isSafeInteger(userBlock) && userBlock >= MIN_USER_BLOCK && Number.isInteger(Math.log2(userBlock))) {
    return new Uint8Array(userBlock);
  }
  throw new Hdf5UsageError("userBlock", `is ${String(userBlock)}`, "0, a power of two from 512 on, or bytes");
}

function littleEndian64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
