/**
 * Space that the free-space managers of a foreign file know as free. Design: writer-design, sections 4.3 and 5.1; H5MF.c.
 *
 * Nothing but the managers says that space is free, so they must be those of the last writer's close: all of them in
 * the file with right checksums, their sections apart from each other and from everything that is known to be used, and
 * the file ending with them, where its end was when they were stored. A writer that was killed leaves another end.
 * libhdf5 itself believes any manager.
 */
import { isHdf5Error } from "../errors.js";
import {
  decodeFreeSections,
  decodeFreeSpaceHeader,
  type FreeSection,
  freeSpaceHeaderRange,
} from "../format/free-space-manager.js";
import type { FileSpaceInfo } from "../format/messages/file-space-info.js";
import { settle } from "../io/settle.js";
import type { FileState, ObjectState } from "../model/state.js";
import { roundUp } from "./free-list.js";

/** Longer lists are not read: some 200,000 extents. */
const LARGEST_LIST = 2 ** 22;
/** Of the managers' kinds of blocks (H5FD_mem_t without the first), the one of raw data; the kinds come once for small
 * blocks and once for large ones. */
const KINDS = 6;
const RAW = 2; // H5FD_MEM_DRAW - 1

/** What the superblock extension says of the managers, and what is known to be in use. */
export interface ManagedSpace {
  readonly info: FileSpaceInfo;
  /** Blocks of the extension. */
  readonly extension: readonly FreeSection[];
}

/** What the managers say. */
export interface KnownFree {
  /** Free extents, apart from each other; "any": whole pages, in files of pages. */
  readonly extents: readonly (FreeSection & { readonly kind: "metadata" | "raw" | "any" })[];
  /** The managers' own blocks, which nobody needs once they are given up. */
  readonly managers: readonly FreeSection[];
}

const NONE: KnownFree = { extents: [], managers: [] };

/**
 * Read the managers.
 * @returns nothing where they cannot be believed.
 * @throws Hdf5DriverError.
 */
export async function knownFree(file: FileState, space: ManagedSpace): Promise<KnownFree> {
  try {
    const found = await readManagers(file, space.info);
    return (found && believed(found, file, space)) ?? NONE;
  } catch (error) {
    if (!isHdf5Error(error) || isHdf5Error(error, "driver")) throw error;
    return NONE;
  }
}

async function readManagers(file: FileState, info: FileSpaceInfo): Promise<KnownFree | undefined> {
  const { context, pager, limits } = file;
  const managers: FreeSection[] = [];
  const extents: KnownFree["extents"][number][] = [];
  for (const [number, address] of info.managerAddresses.entries()) {
    if (address === undefined) continue;
    const { length } = freeSpaceHeaderRange(address, context);
    const found = await settle(
      pager,
      (source) => {
        const header = decodeFreeSpaceHeader(source.read(address, length, "free-space manager"), context);
        const { listAddress, listSize } = header;
        if (listAddress === undefined) return { header, sections: [] };
        if (listSize > LARGEST_LIST) return undefined;
        const list = source.read(listAddress, listSize, "free-space section list");
        return { header, sections: decodeFreeSections(list, header, address, context) };
      },
      { metadataBytes: limits.metadataBytes },
    );
    if (found === undefined) return undefined;
    const { listAddress, allocatedListSize } = found.header;
    managers.push({ address, size: length });
    if (listAddress !== undefined) managers.push({ address: listAddress, size: allocatedListSize });
    const isLarge = info.strategy === "pages" && number >= KINDS;
    const kind = isLarge ? "any" : number % KINDS === RAW ? "raw" : "metadata";
    for (const section of found.sections) extents.push({ ...section, kind });
  }
  return { extents, managers };
}

function believed({ extents, managers }: KnownFree, file: FileState, space: ManagedSpace): KnownFree | undefined {
  const { endBeforeManagers } = space.info;
  const end = file.superblock.endOfFile - file.pager.baseAddress;
  const used = [...managers, ...space.extension, ...usedBlocks(file)];
  if (endBeforeManagers === undefined || !areApart([...extents, ...used], end)) return undefined;
  const last = managers.filter(({ address }) => address >= endBeforeManagers);
  if (!fill(endBeforeManagers, end, last, space.info)) return undefined;
  const others = managers.filter(({ address }) => address < endBeforeManagers);
  return { extents, managers: [...others, { address: endBeforeManagers, size: end - endBeforeManagers }] };
}

/** Do all of them lie in the file, and none in another one? */
function areApart(blocks: readonly FreeSection[], end: number): boolean {
  let reached = 0;
  for (const { address, size } of [...blocks].sort(byAddress)) {
    if (address < reached) return false;
    reached = address + size;
  }
  return reached <= end;
}

/** Do the blocks lie one behind the other from `start` to `end`, or each at the start of the next page? */
function fill(start: number, end: number, blocks: readonly FreeSection[], info: FileSpaceInfo): boolean {
  const unit = info.strategy === "pages" ? (info.pageSize ?? 1) : 1;
  let reached = start;
  for (const { address, size } of [...blocks].sort(byAddress)) {
    if (address !== reached && address !== roundUp(reached, unit)) return false;
    reached = address + size;
  }
  return roundUp(reached, unit) === end;
}

/** What is known to hold something: the superblock, headers of objects that were read, and their data. */
function usedBlocks({ context, objects }: FileState): FreeSection[] {
  const superblock = { address: 0, size: 16 + 4 * context.sizeOfOffsets }; // versions 2 and 3, which alone have managers
  return [superblock, ...[...objects.values()].flatMap(blocksOf)];
}

function blocksOf({ header, dataset }: ObjectState): FreeSection[] {
  const blocks = (header?.chunks ?? []).map(({ address, length }) => ({ address, size: length }));
  const layout = dataset?.layout;
  if (layout?.kind === "contiguous" && layout.address !== undefined && layout.size > 0)
    blocks.push({ address: layout.address, size: layout.size });
  return blocks;
}

function byAddress(a: FreeSection, b: FreeSection): number {
  return a.address - b.address;
}
