/**
 * What a file says about being a family: added when it is split, removed when it is joined.
 *
 * Superblock 0 and 1 point to a driver information block (spec II.B), superblock 2 and 3 have a driver information
 * message in the superblock extension (spec IV.A.2.u). libhdf5 writes them when it creates a family, refuses a family of
 * another member size, and refuses a single file that still has them ("family driver should be used").
 */

import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import { Hdf5FormatError, Hdf5UnsupportedError } from "../errors.js";
import {
  DRIVER_INFO_BLOCK_PREFIX,
  type DriverInfo,
  encodeDriverInfoBlock,
  encodeDriverInfoMessage,
} from "../format/messages/driver-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import {
  type EncodedMessage,
  encodeHeaderBlock0,
  type HeaderMessage,
  type ObjectHeader,
  readObjectHeader,
} from "../format/object-header.js";
import { settle } from "../io/settle.js";
import type { FileState } from "../model/state.js";
import type { Edit, Patch } from "./edited-copy.js";
import { editableLength, editSuperblock } from "./superblock-edit.js";

const FAMILY_ID = "NCSAfami"; // H5FD__family_sb_encode
const BLOCK_SIZE = DRIVER_INFO_BLOCK_PREFIX + 8;
/** Message flag of libhdf5: never to be shared. */
const DO_NOT_SHARE = 0x04; // H5O_MSG_FLAG_DONTSHARE
const STRATEGY_PAGE = 1; // H5F_FSPACE_STRATEGY_PAGE

/** The superblock as stored, and the place of all addresses. */
interface Opened {
  readonly file: FileState;
  readonly superblockBytes: Uint8Array;
}

async function opened(file: FileState): Promise<Opened> {
  const { signatureAddress } = file.superblock;
  return { file, superblockBytes: await file.driver.read(signatureAddress, editableLength(file.superblock)) };
}

async function extensionOf(file: FileState): Promise<ObjectHeader | undefined> {
  const { extensionAddress } = file.superblock;
  if (extensionAddress === undefined) return undefined;
  const { headerChunks } = file.limits;
  return await settle(file.pager, (source) =>
    readObjectHeader(source, extensionAddress, file.context, { headerChunks }),
  );
}

/** The edited superblock as a patch, and the new size, when the file grows (or shrinks) and an address changes. */
function withSuperblock(
  { file, superblockBytes }: Opened,
  growth: number,
  address: number | undefined | "keep",
  patches: readonly Patch[],
): Edit {
  const { superblock } = file;
  const bytes = editSuperblock(superblockBytes, superblock, growth, address);
  return {
    size: superblock.endOfFile + growth,
    patches: [{ address: superblock.signatureAddress, bytes }, ...patches],
  };
}

// ——— to a family ———

function familyInfo(memberSize: number): DriverInfo {
  return { id: FAMILY_ID, data: new ByteWriter(8).u64(memberSize).bytes() };
}

function familyBlock(memberSize: number): Uint8Array {
  const out = new ByteWriter(BLOCK_SIZE);
  encodeDriverInfoBlock(out, familyInfo(memberSize));
  return out.bytes();
}

function familyMessage(memberSize: number): EncodedMessage {
  const out = new ByteWriter();
  encodeDriverInfoMessage(out, familyInfo(memberSize));
  return { type: MESSAGE.driverInfo, flags: DO_NOT_SHARE, body: out.bytes() };
}

/** How file space is handed out, as the extension says: what matters for appending to the file. */
interface SpaceInfo {
  /** Message body to be written instead; undefined: as it is. */
  readonly body: Uint8Array;
  /** The end of the file is a multiple of this. */
  readonly pageSize: number;
}

/**
 * The file space information (spec IV.A.2.x, version 1): strategy u8 | persisting u8 | threshold (L) | page size (L) |
 * page end u16 | end of file before the managers (O) | twelve managers (O, if persisting). Managers that lie at the end
 * of the file are cut off by libhdf5 when it opens the file for writing: their addresses are undefined in the copy.
 */
function spaceInfo({ body }: HeaderMessage, { sizeOfLengths, sizeOfOffsets }: FileState["context"]): SpaceInfo {
  const out = body.slice();
  if (out[0] !== 1) throw new Hdf5UnsupportedError(`splitting a file with file space information of version ${out[0]}`);
  const pageSizeAt = 3 + sizeOfLengths;
  const pageSize = out
    .subarray(pageSizeAt, pageSizeAt + sizeOfLengths)
    .reduceRight((value, byte) => value * 256 + byte, 0);
  out.fill(0xff, 3 + 2 * sizeOfLengths + 2, Math.min(out.length, 3 + 2 * sizeOfLengths + 2 + 13 * sizeOfOffsets));
  return { body: out, pageSize: out[1] === STRATEGY_PAGE ? pageSize : 1 };
}

/** A header of one chunk: signature, version, flags, size field, messages, checksum. */
function headerOf(messages: readonly EncodedMessage[]): Uint8Array {
  const length = messages.reduce((sum, { body }) => sum + 4 + body.length, 0);
  const width = length < 2 ** 8 ? 1 : length < 2 ** 16 ? 2 : 4;
  return encodeHeaderBlock0(messages, 6 + width + length + 4, { trackOrder: false });
}

function toFamilyByMessage(from: Opened, extension: ObjectHeader | undefined, memberSize: number): Edit {
  const { file } = from;
  let pageSize = 1;
  const messages: EncodedMessage[] = [];
  for (const message of extension?.messages ?? []) {
    if (message.type === MESSAGE.driverInfo) continue;
    let { body } = message;
    if (message.type === MESSAGE.fileSpaceInfo) ({ body, pageSize } = spaceInfo(message, file.context));
    messages.push({ type: message.type, flags: message.flags, body });
  }
  const header = headerOf([...messages, familyMessage(memberSize)]);
  // A new header at the end; the old one stays behind unused, as an object header cannot grow.
  const { baseAddress, endOfFile } = file.superblock;
  const end = endOfFile - baseAddress;
  const address = Math.ceil(end / pageSize) * pageSize;
  const newEnd = Math.ceil((address + header.length) / pageSize) * pageSize;
  return withSuperblock(from, newEnd - end, address, [{ address: baseAddress + address, bytes: header }]);
}

/** What a single file must be changed in to be read as a family of this member size. */
export async function toFamily(file: FileState, memberSize: number): Promise<Edit> {
  const from = await opened(file);
  const { superblock } = file;
  if (superblock.version >= 2) return toFamilyByMessage(from, await extensionOf(file), memberSize);
  const { baseAddress, endOfFile } = superblock;
  const block = { address: endOfFile, bytes: familyBlock(memberSize) };
  return withSuperblock(from, BLOCK_SIZE, endOfFile - baseAddress, [block]);
}

// ——— to a single file ———

/** The message turned into a NIL message of the same size, and its chunk's checksum put right. */
async function withoutMessage(file: FileState, header: ObjectHeader, message: HeaderMessage): Promise<Patch> {
  const chunk = header.chunks[message.chunk];
  if (chunk === undefined) {
    throw new Hdf5FormatError({ structure: "superblock extension", address: header.address }, "has lost a chunk");
  }
  const address = file.superblock.baseAddress + chunk.address;
  const bytes = (await file.driver.read(address, chunk.length)).slice();
  const body = message.address - chunk.address;
  // Version 1: type u16 | size u16 | flags u8 | reserved 3. Version 2: type u8 | size u16 | flags u8 | order u16, if tracked.
  const tracked = header.version === 2 && (header.flags & 0x04) !== 0;
  const prefix = header.version === 1 ? 8 : tracked ? 6 : 4;
  bytes.fill(0, body, body + message.body.length);
  bytes.fill(0, body - prefix, body - prefix + (header.version === 1 ? 2 : 1));
  bytes[body - prefix + (header.version === 1 ? 4 : 3)] = 0;
  if (header.version === 2) {
    const sum = bytes.length - 4;
    bytes.set(new ByteWriter(4).u32(lookup3(bytes.subarray(0, sum))).bytes(), sum);
  }
  return { address, bytes };
}

/** Bytes by which the file may shrink when the structure [address, address + length) is no longer used. */
function freed(file: FileState, address: number, length: number): number {
  const end = file.superblock.endOfFile - file.superblock.baseAddress;
  return address + length === end ? length : 0;
}

async function toSingleByMessage(from: Opened): Promise<Edit> {
  const { file } = from;
  const extension = await extensionOf(file);
  const message = extension?.messages.find(({ type }) => type === MESSAGE.driverInfo);
  if (extension === undefined || message === undefined) return { size: file.superblock.endOfFile, patches: [] };
  const only = extension.messages.length === 1 && extension.chunks.length === 1 ? extension.chunks[0] : undefined;
  if (only !== undefined) {
    // Nothing else is said there: the file goes back to having no extension.
    return withSuperblock(from, -freed(file, only.address, only.length), undefined, []);
  }
  return { size: file.superblock.endOfFile, patches: [await withoutMessage(file, extension, message)] };
}

/** What a family must be changed in to be read as a single file. */
export async function toSingle(file: FileState): Promise<Edit> {
  const from = await opened(file);
  const { superblock } = file;
  if (superblock.version >= 2) return await toSingleByMessage(from);
  const { driverInfoAddress, endOfFile } = superblock;
  if (driverInfoAddress === undefined) return { size: endOfFile, patches: [] };
  return withSuperblock(from, -freed(file, driverInfoAddress, BLOCK_SIZE), undefined, []);
}
