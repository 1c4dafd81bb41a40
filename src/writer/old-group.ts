/**
 * The links of an old-style group while it is edited. The root node of its B-tree and the prefix of its local heap stay
 * where they are, because symbol table entries of every parent repeat their addresses. Design: writer-design, section 3.3.
 *
 * The root node has one child, the tree's top; a change is published by its first bytes: level, child and right key. Where
 * those cross a sector and the group is not empty, there is a new root, and the symbol table message names it.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { encodeGroupNode, groupNodeSize } from "../format/btree-v1.js";
import type { FormatContext } from "../format/context.js";
import { readLocalHeap, readLocalHeapPrefix } from "../format/local-heap.js";
import type { LinkMessage } from "../format/messages/link.js";
import type { SymbolTable } from "../format/messages/symbol-table.js";
import { settle } from "../io/settle.js";
import type { FileState } from "../model/state.js";
import { type Allocator, crossesSector, SECTOR } from "./allocator.js";
import type { BlockWrite, Commit } from "./commit.js";
import { GroupTree, type TreeTop } from "./group-tree.js";
import { LocalHeapNames } from "./local-heap-names.js";

/** Can an old-style group hold this link? As libhdf5: H5Gobj.c, H5G_obj_insert. */
export function fitsOldGroup(link: LinkMessage): boolean {
  return link.charset === "ascii" && (link.kind === "hard" || link.kind === "soft");
}

export class OldGroup {
  readonly #context: FormatContext;
  readonly #tree: GroupTree;
  readonly #names: LocalHeapNames;
  #rootAddress: number;
  /** First bytes of the root node as published; undefined while the group is new. */
  #head: Uint8Array | undefined;
  #changed = false;

  private constructor(
    context: FormatContext,
    rootAddress: number,
    tree: GroupTree,
    names: LocalHeapNames,
    head: Uint8Array | undefined,
  ) {
    this.#context = context;
    this.#rootAddress = rootAddress;
    this.#tree = tree;
    this.#names = names;
    this.#head = head;
  }

  /** @throws Hdf5FormatError when a structure of the group is damaged. */
  static async load(file: FileState, table: SymbolTable): Promise<OldGroup> {
    const { context, pager, limits } = file;
    const { btreeAddress, heapAddress } = table;
    const length = headSize(context);
    const found = await settle(pager, (source) => {
      const prefix = readLocalHeapPrefix(source, heapAddress, context);
      const { segmentAddress, segmentSize } = prefix;
      const names = readLocalHeap(source, heapAddress, context);
      const segment =
        segmentAddress === undefined
          ? new Uint8Array(0)
          : source.read(segmentAddress, segmentSize, "local heap data segment").bytes;
      const head = source.read(btreeAddress, length, "group B-tree node").bytes.slice();
      return { prefix, names, segment, head };
    });
    const tree = await GroupTree.load(pager, limits, btreeAddress, found.names, context);
    const names = LocalHeapNames.load(heapAddress, found.prefix, found.segment, context);
    return new OldGroup(context, btreeAddress, tree, names, found.head);
  }

  static create(allocator: Allocator, context: FormatContext): OldGroup {
    const rootAddress = newRoot(allocator, context);
    const group = new OldGroup(
      context,
      rootAddress,
      new GroupTree(context),
      LocalHeapNames.create(allocator, context),
      undefined,
    );
    group.#changed = true;
    return group;
  }

  /** What the group's symbol table message says. */
  get table(): SymbolTable {
    return { btreeAddress: this.#rootAddress, heapAddress: this.#names.address };
  }

  set(link: LinkMessage): void {
    const { nameBytes } = link;
    const nameOffset = this.#tree.find(nameBytes)?.nameOffset ?? this.#names.put(nameBytes);
    this.#changed = true;
    if (link.kind === "soft") {
      const valueOffset = this.#names.put(link.targetBytes);
      this.#tree.set({ nameBytes, nameOffset, headerAddress: undefined, cache: { kind: "soft-link", valueOffset } });
    } else if (link.kind === "hard") {
      this.#tree.set({ nameBytes, nameOffset, headerAddress: link.address, cache: { kind: "none" } });
    }
  }

  delete(nameBytes: Uint8Array): void {
    if (this.#tree.delete(nameBytes)) this.#changed = true;
  }

  /** Write what has changed. `publish` is the epoch in which the links become visible. @returns false: as before. */
  flush(allocator: Allocator, commit: Commit, publish: BlockWrite[]): boolean {
    if (!this.#changed) return false;
    this.#changed = false;
    this.#names.flush(allocator, commit);
    const top = this.#tree.flush(allocator, commit);
    const before = this.#head;
    const head = this.#encodeRoot(top, before).subarray(0, headSize(this.#context)).slice();
    if (before === undefined) {
      commit.data.push({ address: this.#rootAddress, bytes: this.#encodeRoot(top, undefined) });
      this.#head = head;
      return true;
    }
    return this.#publish(head, before, top, allocator, commit, publish);
  }

  #publish(
    head: Uint8Array,
    before: Uint8Array,
    top: TreeTop | undefined,
    allocator: Allocator,
    commit: Commit,
    publish: BlockWrite[],
  ): boolean {
    const start = head.findIndex((byte, i) => byte !== before[i]);
    if (start < 0) return false;
    let end = head.length;
    while (head[end - 1] === before[end - 1]) end--;
    const address = this.#rootAddress;
    const border = SECTOR - (address % SECTOR);
    const split = crossesSector(address + start, end - start);
    const wasEmpty = before[ENTRIES_AT] === 0 && before[ENTRIES_AT + 1] === 0;
    if (split && !(wasEmpty && border >= keysAt(this.#context))) {
      // The old root stays as it is: other parents may still name it.
      this.#rootAddress = newRoot(allocator, this.#context);
      commit.data.push({ address: this.#rootAddress, bytes: this.#encodeRoot(top, undefined) });
      this.#head = head;
      return true;
    }
    // Of a node without entries nothing else is read.
    if (split) commit.raise.push({ address: address + border, bytes: head.slice(border, end) });
    publish.push({ address: address + start, bytes: head.slice(start, split ? border : end) });
    this.#head = head;
    return false;
  }

  /** A whole root node; its last fields are those of `before` where it has no child. */
  #encodeRoot(top: TreeTop | undefined, before: Uint8Array | undefined): Uint8Array {
    const out = new ByteWriter(groupNodeSize(this.#context));
    const children = top === undefined ? [] : [top.address];
    const keys = top === undefined ? [] : [0, top.lastKey];
    encodeGroupNode(out, { level: top?.level ?? 0, left: undefined, right: undefined, keys, children }, this.#context);
    const bytes = out.bytes();
    const keysStart = keysAt(this.#context);
    if (top === undefined && before !== undefined) bytes.set(before.subarray(keysStart), keysStart);
    return bytes;
  }

  /** Have what lies in a place for a while only written again, before the file is closed; false: nothing does. */
  bringHome(): boolean {
    if (!this.#tree.bringHome()) return false;
    this.#changed = true;
    return true;
  }

  /** Is the free list of names still to be published? */
  get unfinished(): boolean {
    return this.#names.unfinished;
  }

  finish(commit: Commit): void {
    this.#names.finish(commit);
  }

  release(allocator: Allocator): void {
    this.#tree.release(allocator);
    this.#names.release(allocator);
    allocator.free(this.#rootAddress, groupNodeSize(this.#context), "metadata");
  }
}

/** Of "entries used" in a node. */
const ENTRIES_AT = 6;

/** Of the first key. */
function keysAt(context: FormatContext): number {
  return 8 + 2 * context.sizeOfOffsets;
}

/** Bytes of a node of one child, up to its right key. */
function headSize(context: FormatContext): number {
  return keysAt(context) + 2 * context.sizeOfLengths + context.sizeOfOffsets;
}

/** Space for a root node whose first bytes lie in one sector. */
function newRoot(allocator: Allocator, context: FormatContext): number {
  return allocator.metadata(groupNodeSize(context), { usage: "btree", sectorSafe: false, head: headSize(context) });
}
