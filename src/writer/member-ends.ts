/**
 * The members of a split or multi file as the writer sees them: one space each, and the driver information that says
 * where each ends (H5FDmulti.c; spec: II.B and IV.A.2.u). This module is loaded when such a file is written.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { MultiDriver } from "../drivers/multi.js";
import { Hdf5UnsupportedError } from "../errors.js";
import { encodeDriverInfoBlock, encodeDriverInfoMessage } from "../format/messages/driver-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import {
  encodeMultiMembers,
  MULTI_DRIVER_ID,
  type MultiMembers,
  membersOfUsages,
  USAGES,
  type Usage,
} from "../format/messages/multi-members.js";
import { type EncodedMessage, messageSize } from "../format/object-header.js";
import type { FileState } from "../model/state.js";
import { Allocator, crossesSector, type PlacedSpace, SECTOR } from "./allocator.js";
import type { BlockWrite } from "./commit.js";
import { type ExtensionDraft, encodeExtension } from "./foreign-facts.js";
import { blockSize } from "./header-layout.js";
import { Space } from "./space.js";

/** Bytes of a window of numbers (format/member-windows.ts). */
const WINDOW = 2 ** 50;

/** What the writer must know of the members. */
export interface MemberEnds {
  readonly driver: MultiDriver;
  readonly allocator: Allocator;
  /** First addresses of the members, ascending. */
  readonly starts: readonly number[];
  /** Stored ends of the members, as addresses. */
  readonly stored: readonly number[];
  /** Real ends of the members when the file was opened. */
  readonly real: readonly number[];
  /** Bytes of a superblock extension, in which all of the draft stands and the members end there. */
  extension(draft: ExtensionDraft, ends: readonly number[]): Uint8Array;
  /** The driver information block of superblocks 0 and 1. */
  block(address: number, ends: readonly number[]): BlockWrite;
}

/** @throws Hdf5UnsupportedError for members that cannot be written. */
export function memberEnds(
  { members, name, context, pager, superblock }: FileState,
  isNew: boolean,
  pageSize: number,
): MemberEnds | undefined {
  if (members === undefined) return undefined;
  const { driver, stored } = members;
  if (stored === undefined) throw new Hdf5UnsupportedError("editing multi files that say nothing of their members");
  if (context.sizeOfOffsets !== 8) throw new Hdf5UnsupportedError("editing multi files with short addresses");
  if (pageSize > 0) throw new Hdf5UnsupportedError("editing multi files that consist of pages");
  const places = driver.members;
  const starts = places.map(({ offset }) => offset);
  if (pager.baseAddress !== 0) throw new Hdf5UnsupportedError("split and multi files with a user block");
  if (starts.some((start) => start % SECTOR !== 0)) {
    throw new Hdf5UnsupportedError("editing multi files whose members start at addresses that are no multiples of 512");
  }
  const ofUsage = membersOfUsages(stored.map);
  const at = stored.members.map(({ start }) => places.findIndex((place) => place.start === start));
  if (at[ofUsage.get("superblock") ?? -1] !== 0) {
    throw new Hdf5UnsupportedError("editing multi files whose superblock is in no member of its kind");
  }
  const ends = starts.map((start, i) => start + (stored.members[at.indexOf(i)]?.end ?? 0));
  // The superblock, and what is beside it.
  if (isNew) ends[0] = superblock.endOfFile;
  const real = places.map(({ offset, size = 0 }) => offset + (isNew ? 0 : size));
  const spaces = starts.map((from, i): PlacedSpace => {
    const [end, zeroFrom] = [(ends[i] as number) - from, Math.max(ends[i] as number, real[i] as number) - from];
    const space = new Space(end, isNew, 0, zeroFrom);
    return { space, from, to: starts[i + 1] ?? from + WINDOW };
  });
  const placeOf = new Map<Usage, PlacedSpace>();
  for (const usage of USAGES) {
    // libhdf5 reads, writes and allocates global heaps as raw data, whatever the map says (H5Fio.c: H5F_block_read).
    const member = ofUsage.get(usage === "global-heap" ? "raw" : usage) ?? 0;
    placeOf.set(usage, spaces[at[member] as number] as PlacedSpace); // each usage has a member
  }
  const info = (now: readonly number[]): { id: string; data: Uint8Array } => {
    const said: MultiMembers = {
      map: stored.map,
      members: stored.members.map((member, i) => {
        const place = at[i] as number;
        return { ...member, end: (now[place] as number) - (starts[place] as number) };
      }),
    };
    return { id: MULTI_DRIVER_ID, data: encodeMultiMembers(said) };
  };
  const { version, driverInfoAddress } = superblock;
  const length = encodedBlock(info(ends)).length;
  if (version < 2 && (driverInfoAddress === undefined || crossesSector(driverInfoAddress, length))) {
    throw new Hdf5UnsupportedError("editing multi files whose driver information crosses a 512-byte border", {
      file: name,
    });
  }
  return {
    driver,
    allocator: new Allocator(spaces, placeOf),
    starts,
    stored: isNew ? starts : ends,
    real,
    extension(draft, now) {
      const out = new ByteWriter();
      encodeDriverInfoMessage(out, info(now));
      const body = out.bytes();
      return encodeExtension({
        ...draft,
        messages: draft.messages.map((message) =>
          message.type === MESSAGE.driverInfo ? { ...message, body } : message,
        ),
      });
    },
    block: (address, now) => ({ address, bytes: encodedBlock(info(now)) }),
  };
}

/** The superblock extension of a new file, which says where its members end. */
export function newExtension(members: MultiMembers): ExtensionDraft {
  const out = new ByteWriter();
  encodeDriverInfoMessage(out, { id: MULTI_DRIVER_ID, data: encodeMultiMembers(members) });
  const message: EncodedMessage = { type: MESSAGE.driverInfo, flags: 0, body: out.bytes() };
  const form = { version: 2, trackOrder: false, optionalPrefix: 0 } as const;
  return { messages: [message], form, length: blockSize(messageSize(message, form), form) };
}

function encodedBlock(info: { readonly id: string; readonly data: Uint8Array }): Uint8Array {
  const out = new ByteWriter();
  encodeDriverInfoBlock(out, info);
  return out.bytes();
}
