/**
 * The links of a group, in whichever of three ways it keeps them:
 * - old: a symbol table message names a v1 B-tree of symbol table nodes and a local heap with the names (spec III.A–D);
 * - compact: link messages in the object header;
 * - dense: a link info message names a fractal heap of link messages and a v2 B-tree over their names (dense-links.ts).
 *
 * A group has the new form when it has a link info message, and the dense one when that names a heap: link messages
 * left beside it are of an interrupted change and do not count (H5Gobj.c: H5G__obj_get_linfo, H5G__dense_iterate).
 */
import type { Cursor } from "../bytes/cursor.js";
import { Hdf5FormatError, quote } from "../errors.js";
import { groupNodeSize, readGroupBtree } from "./btree-v1.js";
import type { ByteSource } from "./byte-source.js";
import type { FormatContext } from "./context.js";
import { type LocalHeap, localHeapPrefixRange, readLocalHeap, readLocalHeapPrefix } from "./local-heap.js";
import { decodeLink, type LinkMessage } from "./messages/link.js";
import { decodeLinkInfo, type LinkInfo } from "./messages/link-info.js";
import { MESSAGE } from "./messages/message-types.js";
import { decodeSymbolTable } from "./messages/symbol-table.js";
import { messageCursor, type ObjectHeader } from "./object-header.js";
import { denseStorage } from "./rare.js";
import { readSymbolTableNode, type SymbolTableEntry, symbolTableNodeRange } from "./symbol-table-node.js";
import { decodeText } from "./text.js";
import type { TreeLimits } from "./visited-nodes.js";

/** The links of one group. */
export interface GroupLinks {
  /** In the order found: old and dense ones by their index, compact ones as stored. */
  readonly links: readonly LinkMessage[];
  /** Absent for old groups. */
  readonly info: LinkInfo | undefined;
}

/**
 * All links of the group with this header; none when the object is no group.
 * Round trips: old 1 + tree levels, compact 0, dense 2 + the deeper of name index and heap.
 * @throws Hdf5FormatError when any structure of the group is damaged: a part of the links is not the links.
 */
export function readLinks(
  source: ByteSource,
  header: ObjectHeader,
  ctx: FormatContext,
  limits: TreeLimits,
): GroupLinks {
  const find = (type: number, structure: string): Cursor | undefined => {
    const message = header.messages.find((one) => one.type === type);
    return message && messageCursor(message, structure);
  };
  const infoMessage = find(MESSAGE.linkInfo, "link info message");
  const info = infoMessage && decodeLinkInfo(infoMessage, ctx);
  if (info?.heapAddress !== undefined) {
    const { readDenseLinks } = denseStorage.now();
    return { links: readDenseLinks(source, info, info.heapAddress, header, ctx, limits), info };
  }
  const symbolTable = info === undefined ? find(MESSAGE.symbolTable, "symbol table message") : undefined;
  if (symbolTable !== undefined) return { links: readOldLinks(source, symbolTable, ctx, limits), info };
  const compact = header.messages.filter((message) => message.type === MESSAGE.link);
  return { links: compact.map((message) => decodeLink(messageCursor(message, "link message"), ctx)), info };
}

function readOldLinks(
  source: ByteSource,
  message: Cursor,
  ctx: FormatContext,
  limits: TreeLimits,
): readonly LinkMessage[] {
  const { btreeAddress, heapAddress } = decodeSymbolTable(message, ctx);
  source.need([{ address: btreeAddress, length: groupNodeSize(ctx) }, localHeapPrefixRange(heapAddress, ctx)]);
  const { segmentAddress, segmentSize } = readLocalHeapPrefix(source, heapAddress, ctx);
  const segment = segmentAddress === undefined ? [] : [{ address: segmentAddress, length: segmentSize }];
  const nodes = readGroupBtree(source, btreeAddress, ctx, limits, segment);
  source.need([...nodes.map((address) => symbolTableNodeRange(address, ctx)), ...segment]);
  const heap = readLocalHeap(source, heapAddress, ctx);
  const links: LinkMessage[] = [];
  for (const address of nodes) {
    for (const entry of readSymbolTableNode(source, address, ctx)) links.push(linkOf(entry, heap, address));
  }
  return links;
}

/** libhdf5 marks names of old groups as ASCII, though they may be UTF-8 (H5Glink.c: H5G__ent_to_link). */
function linkOf(entry: SymbolTableEntry, heap: LocalHeap, node: number): LinkMessage {
  const nameBytes = heap.name(entry.nameOffset);
  const where = { structure: "symbol table node", address: node };
  if (nameBytes.length === 0) throw new Hdf5FormatError({ ...where, field: "link name" }, "is empty");
  const named = { name: decodeText(nameBytes), nameBytes, charset: "ascii", creationOrder: undefined } as const;
  if (entry.cache.kind === "soft-link") {
    const targetBytes = heap.name(entry.cache.valueOffset);
    return { ...named, kind: "soft", target: decodeText(targetBytes), targetBytes };
  }
  if (entry.headerAddress === undefined) {
    throw new Hdf5FormatError({ ...where, field: "object header address" }, `of ${quote(named.name)} is undefined`);
  }
  return { ...named, kind: "hard", address: entry.headerAddress };
}
