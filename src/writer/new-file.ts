/** The start of a new file: its superblock, and what must be there before the first object. */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Hdf5UnsupportedError } from "../errors.js";
import {
  DRIVER_INFO_BLOCK_PREFIX,
  encodeDriverInfoBlock,
  encodeDriverInfoMessage,
} from "../format/messages/driver-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import type { MultiMembers } from "../format/messages/multi-members.js";
import type { Superblock } from "../format/superblock.js";
import type { FileState } from "../model/state.js";
import type { KeptOrders } from "../model/writer-contract.js";
import { roundUp } from "./allocator.js";
import type { BlockWrite } from "./commit.js";
import type { WriteSession } from "./write-session.js";

/** What a new file shall be. */
export interface NewFileOptions {
  readonly libver: "earliest" | "v108" | "v110" | "latest";
  /** Whole user block, padded to its size; undefined for none. */
  readonly userBlock: Uint8Array | undefined;
  /** Groups keep the order in which links and attributes were made. */
  readonly trackOrder: boolean;
  /** Those of the root group, in place of `trackOrder`. */
  readonly rootOrders?: KeptOrders | undefined;
  /** Identification (8 ASCII characters) and data of the driver that made the members. */
  readonly driverInfo: { readonly id: string; readonly data: Uint8Array } | undefined;
  /** Of split and multi files: `driverInfo` has their size. */
  readonly members?: NewMembers | undefined;
}

/** The members of a new file. */
export interface NewMembers {
  readonly stored: MultiMembers;
  /** First address of the member of object headers. */
  readonly headers: number;
}

/** Bytes of a superblock of version 2 or 3 with addresses of 8 bytes. */
const SUPERBLOCK_SIZE = 48;
/** The same of version 0. */
const SUPERBLOCK_SIZE_0 = 96;

/**
 * The superblock of a file that is being made: version 2, or 0 for the oldest format and 3 from HDF5 1.10 on, with
 * addresses and lengths of 8 bytes. Its root group lies right behind it (and the driver information block). Nothing is
 * written before the first flush.
 */
export function newSuperblock(options: NewFileOptions): Superblock {
  const { libver, driverInfo } = options;
  const oldest = libver === "earliest";
  const baseAddress = options.userBlock?.length ?? 0;
  const blockSize = driverInfo === undefined ? 0 : roundUp(DRIVER_INFO_BLOCK_PREFIX + driverInfo.data.length, 8);
  const start = oldest ? SUPERBLOCK_SIZE_0 + blockSize : SUPERBLOCK_SIZE;
  const rootAddress = options.members?.headers || start;
  return {
    version: oldest ? 0 : libver === "v108" ? 2 : 3,
    sizeOfOffsets: 8,
    sizeOfLengths: 8,
    baseAddress,
    signatureAddress: baseAddress,
    endOfFile: baseAddress + start,
    rootAddress,
    extensionAddress: undefined,
    driverInfoAddress: oldest && driverInfo !== undefined ? SUPERBLOCK_SIZE_0 : undefined,
    driverInfo: undefined,
    consistencyFlags: 0,
    groupLeafK: 4,
    groupInternalK: 16,
    chunkInternalK: 32,
  };
}

/**
 * Make the root group's state and, where the driver has something to say, the superblock extension or the driver
 * information block.
 */
export function startNewFile(
  session: WriteSession,
  file: FileState,
  options: NewFileOptions,
): { extension?: number; block?: BlockWrite } {
  const root = session.newGroup({ trackOrder: options.trackOrder, orders: options.rootOrders });
  if (root.address !== file.superblock.rootAddress) {
    throw new Hdf5UnsupportedError("a superblock whose root group lies elsewhere");
  }
  root.linkCount = 1; // the superblock's
  // What says where members end changes with them: the writer itself keeps it.
  if (options.driverInfo === undefined || options.members !== undefined) return {};
  const out = new ByteWriter();
  const { driverInfoAddress } = file.superblock;
  if (driverInfoAddress !== undefined) {
    encodeDriverInfoBlock(out, options.driverInfo);
    return { block: { address: driverInfoAddress, bytes: out.bytes() } };
  }
  encodeDriverInfoMessage(out, options.driverInfo);
  const { state } = session.newObject("group", [{ type: MESSAGE.driverInfo, flags: 0, body: out.bytes() }], []);
  state.linkCount = 1;
  // No object of the file: nothing may find it by its address.
  file.objects.delete(state.address);
  return { extension: state.address };
}
