/** Opening: the superblock is found, its extension read, and the file's state made. Spec: II. Disk Format: Level 0. */
import type { Cursor } from "../bytes/cursor.js";
import type { Driver } from "../drivers/driver.js";
import type { JoiningDriver } from "../drivers/joined-writes.js";
import type { MultiDriver } from "../drivers/multi.js";
import { Hdf5FormatError, Hdf5StateError, Hdf5TruncatedError, Hdf5UsageError } from "../errors.js";
import type { ByteSource } from "../format/byte-source.js";
import type { FormatContext } from "../format/context.js";
import type { MemberWindow } from "../format/member-windows.js";
import { decodeBtreeK } from "../format/messages/btree-k.js";
import {
  DRIVER_INFO_BLOCK_PREFIX,
  type DriverInfo,
  decodeDriverInfo,
  decodeDriverInfoBlock,
  driverInfoBlockSize,
} from "../format/messages/driver-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { messageCursor, type ObjectHeader, readObjectHeader } from "../format/object-header.js";
import {
  CONSISTENCY_FLAG,
  decodeSuperblock,
  SUPERBLOCK_SIGNATURE,
  type Superblock,
  superblockCandidates,
} from "../format/superblock.js";
import { type FilePart, Pager } from "../io/pager.js";
import { readAhead } from "../io/read-ahead.js";
import { settle } from "../io/settle.js";
import { undone } from "../io/undone.js";
import { countedDriver } from "./counted-driver.js";
import { type FileSettings, limitsOf, newFileState } from "./file-state.js";
import { loadObject } from "./load-object.js";
import type { FileMembers, FileState } from "./state.js";

const SUPERBLOCK = "superblock";
/** Longer than any superblock with 16-byte addresses. */
const SUPERBLOCK_BYTES = 256;
/** Chunk B-trees of files that say nothing else. */
const DEFAULT_CHUNK_K = 32; // HDF5_BTREE_CHUNK_IK_DEF
/** Data of a driver info message: name and settings of a spread file. */
export const DRIVER_FAMILY = "NCSAfami";
const DRIVER_MULTI = "NCSAmult";

/** What the caller knows of the file. */
export interface OpenedAs {
  readonly name: string;
  /** Reading costs little. */
  readonly local: boolean;
  readonly folder?: string | undefined;
  readonly externals?: FileState["externals"] | undefined;
  /** The driver joins the members of a spread file. */
  readonly spread?:
    | {
        readonly memberSize: number;
        requireSize(end: number): void;
        requireOneBeginning?(signature: Uint8Array): Promise<void>;
      }
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is found before there is a state. */
interface Found {
  readonly superblock: Superblock;
  readonly context: FormatContext;
  readonly driverInfo: DriverInfo | undefined;
  /** Messages of rare features, undecoded. */
  readonly sharedMessageTable?: Cursor | undefined;
  readonly cacheImage?: Cursor | undefined;
}

/**
 * Find and check the superblock, and make the state of the file, without a writer.
 * @throws Hdf5FormatError when this is no HDF5 file; Hdf5TruncatedError when it is shorter than it says;
 * Hdf5StateError "not-closed"; Hdf5UsageError when it is a member of a spread file.
 */
export async function openFileState(given: Driver, settings: FileSettings, opened: OpenedAs): Promise<FileState> {
  const driver = await undone(given, settings.mode);
  const counters = { requests: 0, bytesRead: 0 };
  const counted = countedDriver(driver, counters);
  const pager = new Pager(counted, opened.local ? {} : { ahead: readAhead() });
  const limits = limitsOf(settings.limits);
  const { signal } = opened;
  const address = await findSignature(pager, signal);
  await opened.spread?.requireOneBeginning?.(Uint8Array.from(SUPERBLOCK_SIGNATURE));
  const multi = multiDriverOf(driver);
  const members = multi === undefined ? undefined : await membersOf(multi);
  const windows = members?.windows;
  if (multi !== undefined) pager.setParts(partsOf(multi));
  const verifyChecksums = settings.verifyChecksums ?? true;
  const stated = await settle(pager, (source) => readSuperblock(source, address, windows, verifyChecksums), { signal });
  // A user block put before (or taken from) a finished file moves everything: the place found is right (H5Fsuper.c).
  const moved = address - stated.baseAddress;
  const superblock: Superblock = { ...stated, baseAddress: address, endOfFile: stated.endOfFile + moved };
  pager.baseAddress = address;
  // Each member of a multi file ends by itself: that was checked, and the stored end is that of one of them.
  const size = multi === undefined ? driver.size : undefined;
  const wasNotClosed = isWriting(superblock);
  // First of all: what such a file holds may be damaged in any way.
  if (wasNotClosed && (settings.notClosed ?? (settings.mode === "r" ? "open" : "refuse")) === "refuse") {
    const { name } = opened;
    const finding = `${name}: another writer has the file open, or ended without closing it`;
    throw new Hdf5StateError("not-closed", finding, { file: name });
  }
  pager.setEnd(multi?.size ?? endOf(superblock, size));
  const found = await readExtension(pager, superblock, windows, limits.headerChunks, verifyChecksums, signal).catch(
    (error: unknown) => {
      // What is cut off is missing everywhere; that it is cut off says more.
      if (size !== undefined) checkSize(superblock, size, opened);
      throw error;
    },
  );
  if (multi === undefined) await checkDriver(found, opened);
  if (size !== undefined) checkSize(superblock, size, opened);
  if (found.cacheImage !== undefined) {
    const { applyCacheImage } = await import("./cache-image.js");
    const { metadataBytes } = limits;
    await applyCacheImage(pager, found.cacheImage, found.context, { metadataBytes, verifyChecksums, signal });
  }
  const { name, folder, externals, local } = opened;
  const parts = {
    name,
    folder,
    local,
    externals,
    driver: counted,
    counters,
    pager,
    superblock,
    context: found.context,
    sharedMessages: await loadShared(found),
    members,
    wasNotClosed,
  };
  const file = newFileState(parts, settings);
  if (wasNotClosed) {
    file.warn("not-closed", "the consistency flags say that a writer has the file open, or ended without closing it");
  }
  await loadRoot(file);
  return file;
}

async function loadShared({ sharedMessageTable, context }: Found): Promise<FileState["sharedMessages"]> {
  if (sharedMessageTable === undefined) return undefined;
  const { sharedMessages } = await import("./shared-messages.js");
  return sharedMessages(sharedMessageTable, context);
}

/** What joins members, if the driver does, also where it holds back writes. */
function multiDriverOf(driver: Driver | JoiningDriver): MultiDriver | undefined {
  const medium = "joined" in driver ? driver.joined.medium : driver;
  return "members" in medium ? (medium as MultiDriver) : undefined;
}

/** Where the members lie, and end. */
export function partsOf({ members }: MultiDriver): FilePart[] {
  return members.map(({ offset, size }) => ({ from: offset, to: offset + (size ?? 0) }));
}

/** What a file in several members says of them, and where its addresses lead. */
async function membersOf(
  driver: MultiDriver,
): Promise<FileMembers & { readonly windows: readonly MemberWindow[] | undefined }> {
  const { checkedWindows, storedMembers } = await import("./multi-file.js");
  const stored = await storedMembers(driver);
  return { driver, stored, windows: checkedWindows(driver, stored) };
}

/** Load the root group, so that a file without one is refused at once. */
async function loadRoot(file: FileState): Promise<void> {
  const { rootAddress } = file.superblock;
  const root = await loadObject(file, rootAddress);
  if (root.kind === "group") return;
  throw new Hdf5FormatError(
    { structure: "object header", address: rootAddress },
    `of the root is that of a ${root.kind}`,
  );
}

/** The absolute address of the superblock. @throws Hdf5FormatError when there is none. */
export async function findSignature(pager: Pager, signal: AbortSignal | undefined): Promise<number> {
  await pager.begin(signal);
  const end = pager.end;
  for (const address of superblockCandidates(end)) {
    const isHere = await settle(
      pager,
      (source) => {
        if (address + SUPERBLOCK_SIGNATURE.length > source.end) return false;
        const bytes = source.readUpTo(address, SUPERBLOCK_SIGNATURE.length, SUPERBLOCK).bytes;
        return SUPERBLOCK_SIGNATURE.every((byte, i) => bytes[i] === byte);
      },
      { signal },
    );
    if (isHere) return address;
  }
  throw new Hdf5FormatError({ structure: SUPERBLOCK }, "is not there: this is no HDF5 file");
}

export function readSuperblock(
  source: ByteSource,
  address: number,
  windows: readonly MemberWindow[] | undefined,
  verifyChecksums: boolean,
): Superblock {
  const cur = source.readUpTo(address, SUPERBLOCK_BYTES, SUPERBLOCK);
  return decodeSuperblock(cur, address, windows, { verifyChecksums });
}

/** What decoders must know of a file with this superblock. */
export function contextOf(superblock: Superblock, chunkInternalK: number | undefined): FormatContext {
  const { sizeOfOffsets, sizeOfLengths, baseAddress, groupLeafK, groupInternalK } = superblock;
  return {
    sizeOfOffsets,
    sizeOfLengths,
    baseAddress,
    groupLeafK,
    groupInternalK,
    chunkInternalK: chunkInternalK ?? superblock.chunkInternalK ?? DEFAULT_CHUNK_K,
    ...(superblock.version < 2 ? { oldest: true } : {}),
  };
}

export async function readExtension(
  pager: Pager,
  superblock: Superblock,
  windows: readonly MemberWindow[] | undefined,
  headerChunks: number,
  verifyChecksums: boolean,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const context = {
    ...contextOf(superblock, undefined),
    ...(windows === undefined ? {} : { windows }),
    ...(verifyChecksums ? {} : { verifyChecksums }),
  };
  const { extensionAddress } = superblock;
  const driverInfo = superblock.driverInfo ?? (await readDriverInfoBlock(pager, superblock, signal));
  if (extensionAddress === undefined) return { superblock, context, driverInfo };
  const header = await settle(
    pager,
    (source) => readObjectHeader(source, extensionAddress, context, { headerChunks }, { verifyChecksums }),
    { signal },
  );
  const k = messageOf(header, MESSAGE.btreeK);
  const info = messageOf(header, MESSAGE.driverInfo);
  const orders = k === undefined ? {} : decodeBtreeK(k);
  return {
    superblock,
    context: { ...context, ...orders },
    driverInfo: info === undefined ? driverInfo : decodeDriverInfo(info),
    sharedMessageTable: messageOf(header, MESSAGE.sharedMessageTable),
    cacheImage: messageOf(header, MESSAGE.cacheImage),
  };
}

/** The driver information of versions 0 and 1, where it does not follow the superblock at once. */
async function readDriverInfoBlock(
  pager: Pager,
  { driverInfoAddress }: Superblock,
  signal: AbortSignal | undefined,
): Promise<DriverInfo | undefined> {
  if (driverInfoAddress === undefined) return undefined;
  const structure = "driver information block";
  return settle(
    pager,
    (source) => {
      const size = driverInfoBlockSize(source.read(driverInfoAddress, DRIVER_INFO_BLOCK_PREFIX, structure));
      return decodeDriverInfoBlock(source.read(driverInfoAddress, size, structure));
    },
    { signal },
  );
}

function messageOf(header: ObjectHeader, type: number): ReturnType<typeof messageCursor> | undefined {
  const message = header.messages.find((candidate) => candidate.type === type);
  return message === undefined ? undefined : messageCursor(message, "superblock extension");
}

/** The file says which driver wrote it (H5Fsuper.c: H5F__super_read). */
async function checkDriver({ driverInfo }: Found, { spread }: OpenedAs): Promise<void> {
  if (spread === undefined) {
    if (driverInfo?.id === DRIVER_FAMILY) {
      throw new Hdf5UsageError(
        "source",
        "is one member of a family of files",
        'the members\' pattern and driver: "family"',
      );
    }
    if (driverInfo?.id === DRIVER_MULTI) {
      throw new Hdf5UsageError(
        "source",
        "is one member of a multi file",
        'the common name and driver: "multi" or "split"',
      );
    }
    return;
  }
  if (driverInfo?.id !== DRIVER_FAMILY) return;
  const { checkMemberSize } = await import("./family-info.js");
  checkMemberSize(driverInfo, spread.memberSize);
}

/** A writer has the file open, or did not close it; libhdf5 refuses to open it then (H5Fint.c: H5F_open). */
function isWriting({ version, consistencyFlags }: Superblock): boolean {
  return version === 3 && (consistencyFlags & (CONSISTENCY_FLAG.writeAccess | CONSISTENCY_FLAG.swmrAccess)) !== 0;
}

/** With SWMR the stated end and the real one follow each other in either order (H5F__super_read does not compare them). */
function isGrowing(superblock: Superblock): boolean {
  return isWriting(superblock) && (superblock.consistencyFlags & CONSISTENCY_FLAG.swmrAccess) !== 0;
}

function endOf(superblock: Superblock, size: number | undefined): number {
  if (size === undefined) return superblock.endOfFile;
  return isGrowing(superblock) ? size : Math.min(size, superblock.endOfFile);
}

function checkSize(superblock: Superblock, size: number, { spread }: OpenedAs): void {
  if (superblock.endOfFile <= size || isGrowing(superblock)) return;
  spread?.requireSize(superblock.endOfFile);
  throw new Hdf5TruncatedError(
    { structure: SUPERBLOCK, address: superblock.signatureAddress, field: "end of file" },
    `says ${superblock.endOfFile} bytes, the file has ${size}`,
  );
}
