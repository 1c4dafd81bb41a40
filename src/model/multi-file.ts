/** What a split or multi file says about its members. This module is loaded by files that have them. */
import { Cursor } from "../bytes/cursor.js";
import { type MultiDriver, type MultiMember, missing } from "../drivers/multi.js";
import { Hdf5DriverError, Hdf5PolicyError, Hdf5UnsupportedError, Hdf5UsageError } from "../errors.js";
import { addressField, type FormatContext } from "../format/context.js";
import type { MemberWindow } from "../format/member-windows.js";
import {
  DRIVER_INFO_BLOCK_PREFIX,
  type DriverInfo,
  decodeDriverInfo,
  decodeDriverInfoBlock,
  driverInfoBlockSize,
} from "../format/messages/driver-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { decodeMultiMembers, MULTI_DRIVER_ID, type MultiMembers } from "../format/messages/multi-members.js";
import { messageCursor, readObjectHeader } from "../format/object-header.js";
import { Pager } from "../io/pager.js";
import { settle } from "../io/settle.js";
import { DEFAULT_LIMITS } from "./limits.js";
import { findSignature } from "./open-file.js";

/** Longer than any superblock with 16-byte addresses. */
const SUPERBLOCK_BYTES = 256;
const BLOCK = "driver information block";

/**
 * The member map of a file of which the member with the superblock is open; undefined: it says nothing of members.
 * Nothing but that is decoded: where the other addresses lead is known only then.
 */
export async function storedMembers(driver: MultiDriver): Promise<MultiMembers | undefined> {
  const pager = new Pager(driver);
  pager.setParts(driver.members.map(({ offset, size = 0 }) => ({ from: offset, to: offset + size })));
  const signature = await findSignature(pager, undefined);
  if (signature !== 0) throw new Hdf5UnsupportedError("split and multi files with a user block");
  const place = await settle(pager, (source) =>
    driverInfoPlace(source.readUpTo(0, SUPERBLOCK_BYTES, "superblock"), driver),
  );
  const { address } = place;
  if (address === undefined) return undefined;
  const info = await settle(pager, (source): DriverInfo | undefined => {
    if (place.kind === "block") {
      const size = driverInfoBlockSize(source.read(address, DRIVER_INFO_BLOCK_PREFIX, BLOCK));
      return decodeDriverInfoBlock(source.read(address, size, BLOCK));
    }
    const header = readObjectHeader(source, address, place.context, DEFAULT_LIMITS, { verifyChecksums: true });
    const message = header.messages.find(({ type }) => type === MESSAGE.driverInfo);
    return message === undefined ? undefined : decodeDriverInfo(messageCursor(message, "superblock extension"));
  });
  return info === undefined ? undefined : membersOfInfo(info);
}

function membersOfInfo({ id, data }: DriverInfo): MultiMembers | undefined {
  return id === MULTI_DRIVER_ID ? decodeMultiMembers(new Cursor(data, "multi driver information")) : undefined;
}

type Place =
  | { readonly kind: "block"; readonly address: number | undefined }
  | { readonly kind: "extension"; readonly address: number | undefined; readonly context: FormatContext };

/** Where the driver information lies, of a superblock of any version. */
function driverInfoPlace(cur: Cursor, driver: MultiDriver): Place {
  const version = cur.seek(8).u8("version");
  if (version < 2) {
    const sizeOfOffsets = cur.seek(13).u8("size of offsets");
    // After base, free-space and end addresses.
    cur.seek((version === 0 ? 24 : 28) + 3 * sizeOfOffsets);
    return { kind: "block", address: cur.uintOrUndefined(sizeOfOffsets, "driver information address") };
  }
  const sizeOfOffsets = cur.u8("size of offsets");
  const sizeOfLengths = cur.u8("size of lengths");
  cur.seek(12 + sizeOfOffsets);
  const windows = windowsOf(driver.members);
  const address = addressField(cur, sizeOfOffsets, windows, "superblock extension address");
  const context = {
    sizeOfOffsets,
    sizeOfLengths,
    baseAddress: 0,
    groupLeafK: 4,
    groupInternalK: 16,
    chunkInternalK: 32,
  };
  return { kind: "extension", address, context: { ...context, windows } };
}

/** Where addresses lead; undefined when they are ordinary numbers. */
export function windowsOf(members: MultiDriver["members"]): readonly MemberWindow[] | undefined {
  return members.every(({ start, offset }) => start === BigInt(offset)) ? undefined : members;
}

/**
 * The members under their names.
 * @param name what takes the place of `%s`.
 * @throws Hdf5PolicyError for a name that is more than a suffix: it could lead to any file.
 */
export function namedMembers(stored: MultiMembers, name: string): MultiMember[] {
  return stored.members.map(({ start, template }) => {
    if (!/^%s[^%/\\:]*$/.test(template)) throw new Hdf5PolicyError(template, "is no suffix of the file's name");
    return { name: template.replace("%s", () => name), start };
  });
}

/** @throws Hdf5DriverError naming a member that is missing or too short. */
export function checkSizes(driver: MultiDriver, stored: MultiMembers): void {
  for (const { start, end } of stored.members) {
    const member = driver.members.find((candidate) => candidate.start === start);
    if (member === undefined || end === 0) continue;
    if (member.size === undefined) throw missing(member.name);
    if (member.size < end) {
      throw new Hdf5DriverError(member.name, `has ${member.size} bytes, the file needs ${end} of them`);
    }
  }
}

/**
 * Check that a driver has the members that the file says, all of them long enough.
 * @returns where addresses lead; undefined when they are ordinary numbers.
 * @throws Hdf5UsageError when the file has other members; Hdf5DriverError as `checkSizes`.
 */
export function checkedWindows(
  driver: MultiDriver,
  stored: MultiMembers | undefined,
): readonly MemberWindow[] | undefined {
  if (stored !== undefined) {
    const starts = stored.members.map(({ start }) => start);
    if (starts.length !== driver.members.length || !driver.members.every(({ start }) => starts.includes(start))) {
      const expected = `members that start at ${starts.join(", ")}`;
      throw new Hdf5UsageError("members", `start at ${driver.members.map(({ start }) => start).join(", ")}`, expected);
    }
    checkSizes(driver, stored);
  }
  return windowsOf(driver.members);
}
