/** Dense links and attributes of a file, read for editing: the blocks of their heap and the nodes of their indexes. */
import type { Cursor } from "../bytes/cursor.js";
import type { Hdf5Error } from "../errors.js";
import { BTREE_V2_TYPE, type BtreeV2Header, type BtreeV2Node, readBtreeV2Tree } from "../format/btree-v2.js";
import type { ByteSource } from "../format/byte-source.js";
import { decodeAttributeName, decodeAttributeOrder } from "../format/dense-attributes.js";
import { decodeLinkName, decodeLinkOrder } from "../format/dense-links.js";
import {
  decodeHugeRecord,
  type FractalHeap,
  fractalHeapHeaderRange,
  type HeapBlock,
  type HugeRecord,
  hasDirectHugeIds,
  readFractalHeap,
} from "../format/fractal-heap.js";
import { decodeManagedId } from "../format/fractal-heap-encode.js";
import type { LinkInfo } from "../format/messages/link-info.js";
import { MESSAGE_FLAG } from "../format/messages/message-types.js";
import { settle } from "../io/settle.js";
import type { FileState } from "../model/state.js";
import { crossesSector } from "./allocator.js";
import { BtreeV2Editor, type BtreeV2Form } from "./btree-v2-editor.js";
import { DENSE_ATTRIBUTES, DENSE_LINKS, type DenseEntry, type DenseForm } from "./dense-forms.js";
import { DenseStorage } from "./dense-storage.js";
import { FractalHeapEditor } from "./fractal-heap-editor.js";

/** A link or attribute as it was listed, in the order of the name index. */
export interface ListedItem {
  readonly key: string;
  readonly nameBytes: Uint8Array;
  readonly creationOrder: number | undefined;
  /** It is damaged: where it lies it can stay. */
  readonly error?: Hdf5Error;
}

/** What a record of either index may say. */
interface AnyRecord {
  readonly id: Uint8Array;
  readonly hash?: number;
  readonly flags?: number;
  readonly creationOrder?: number;
}

interface Indexes {
  readonly names: (cur: Cursor, recordSize: number) => AnyRecord;
  readonly orders: (cur: Cursor, recordSize: number) => AnyRecord;
}

const LINK_INDEXES: Indexes = { names: decodeLinkName, orders: decodeLinkOrder };
const ATTRIBUTE_INDEXES: Indexes = { names: decodeAttributeName, orders: decodeAttributeOrder };

/**
 * @param info names a heap.
 * @throws the error of a damaged one in a heap that cannot be added to: it could not be kept.
 */
export function loadDenseLinks(file: FileState, info: LinkInfo, listed: readonly ListedItem[]): Promise<DenseStorage> {
  return load(file, info, listed, DENSE_LINKS, LINK_INDEXES);
}

/** The same for attributes. */
export function loadDenseAttributes(
  file: FileState,
  info: LinkInfo,
  listed: readonly ListedItem[],
): Promise<DenseStorage> {
  return load(file, info, listed, DENSE_ATTRIBUTES, ATTRIBUTE_INDEXES);
}

async function load(
  file: FileState,
  info: LinkInfo,
  listed: readonly ListedItem[],
  form: DenseForm,
  indexes: Indexes,
): Promise<DenseStorage> {
  const { context, limits } = file;
  const { heapAddress = 0, nameIndexAddress = 0, orderIndexAddress } = info; // both are there: it was listed by them
  return await settle(
    file.pager,
    (source) => {
      const tree = (at: number, type: number, decode: Indexes["names"]): Tree =>
        readBtreeV2Tree(source, at, context, limits, decode, type);
      const heap = readFractalHeap(source, heapAddress, context, limits);
      const byName = tree(nameIndexAddress, form.names.type, indexes.names);
      const byOrder =
        orderIndexAddress === undefined ? undefined : tree(orderIndexAddress, form.orders.type, indexes.orders);
      const found = entriesOf(byName, listed, form);
      const byId = new Map([...found.values()].map((entry) => [idText(entry.id), entry]));
      // What does not go together is written anew from what was listed.
      const fits =
        found.size === listed.length &&
        found.size === byName.header.totalRecords &&
        (info.indexOrder ? byOrder?.header.totalRecords === found.size : byOrder === undefined) &&
        [...records(byOrder?.root)].every(({ id }) => byId.has(idText(id)));
      const editorOf = (at: number, from: Tree, editor: BtreeV2Form<DenseEntry>): BtreeV2Editor<DenseEntry> => {
        const { nodeSize, splitPercent, mergePercent } = from.header;
        const entryOf = ({ id }: AnyRecord): DenseEntry => byId.get(idText(id)) ?? missing(id);
        const stored = { header: at, root: from.root && mapped(from.root, entryOf) };
        return new BtreeV2Editor(context, { ...editor, nodeSize, splitPercent, mergePercent }, stored);
      };
      const unfiltered = heap.header.filters.length === 0;
      const { length } = fractalHeapHeaderRange(0, context);
      const hasRows = heap.table.rowsBelow(heap.table.directRows) >= 1;
      const patchable = fits && unfiltered && hasRows && !crossesSector(heapAddress, length);
      const damaged = listed.find(({ error }) => error !== undefined);
      if (!patchable && damaged?.error !== undefined) throw damaged.error;
      return new DenseStorage(context, form, info.indexOrder, {
        heap: unfiltered ? heapEditor(source, file, heapAddress, heap, [...found.values()]) : undefined,
        patchable,
        names: editorOf(nameIndexAddress, byName, form.names),
        orders: byOrder && orderIndexAddress && fits ? editorOf(orderIndexAddress, byOrder, form.orders) : undefined,
        entries: found,
        addresses: { heapAddress, nameIndexAddress, orderIndexAddress },
      });
    },
    { metadataBytes: limits.metadataBytes },
  );
}

interface Tree {
  readonly header: BtreeV2Header;
  readonly root: BtreeV2Node<AnyRecord> | undefined;
}

/** Records of the name index with the names they stand for, by key. */
function entriesOf(byName: Tree, listed: readonly ListedItem[], form: DenseForm): Map<string, DenseEntry> {
  const entries = new Map<string, DenseEntry>();
  let i = 0;
  for (const { id, hash = 0, flags = 0, creationOrder } of records(byName.root)) {
    const item = listed[i++];
    if (item === undefined) break;
    const { key, nameBytes } = item;
    const order = item.creationOrder ?? creationOrder ?? form.noOrder;
    entries.set(key, { nameBytes, hash, id: id.slice(), creationOrder: order, flags });
  }
  return entries;
}

function missing(id: Uint8Array): DenseEntry {
  return { nameBytes: new Uint8Array(0), hash: 0, id, creationOrder: 0, flags: 0 };
}

function idText(id: Uint8Array): string {
  return String.fromCharCode(...id);
}

/** In order. */
function* records(root: BtreeV2Node<AnyRecord> | undefined): Iterable<AnyRecord> {
  if (root === undefined) return;
  for (let i = 0; i <= root.records.length; i++) {
    yield* records(root.children[i]); // as deep as the tree, which has a limit
    const record = root.records[i];
    if (record !== undefined) yield record;
  }
}

function mapped<T, U>(node: BtreeV2Node<T>, change: (record: T) => U): BtreeV2Node<U> {
  return { ...node, records: node.records.map(change), children: node.children.map((child) => mapped(child, change)) };
}

function heapEditor(
  source: ByteSource,
  file: FileState,
  address: number,
  heap: FractalHeap,
  entries: readonly DenseEntry[],
): FractalHeapEditor {
  const { context, limits } = file;
  const { header } = heap;
  const blocks = heap.blocks();
  const direct = lastDirect(blocks);
  const isDirectHuge = hasDirectHugeIds(header, context);
  const hugeType = isDirectHuge ? BTREE_V2_TYPE.directHugeObjects : BTREE_V2_TYPE.hugeObjects;
  const decode = (cur: Cursor): HugeRecord => decodeHugeRecord(cur, context, header.filters, isDirectHuge);
  const { hugeBtreeAddress } = header;
  const bytes = direct && heap.directBlock(direct);
  const last =
    direct === undefined || bytes === undefined
      ? undefined
      : { offset: direct.offset, bytes, used: usedOf(direct, entries) };
  return FractalHeapEditor.load(context, {
    address,
    header,
    blocks,
    last,
    hugeTree:
      hugeBtreeAddress === undefined
        ? undefined
        : {
            header: hugeBtreeAddress,
            root: readBtreeV2Tree(source, hugeBtreeAddress, context, limits, decode, hugeType).root,
          },
  });

  /** Where the last object ends that an index names. */
  function usedOf(block: { readonly offset: number; readonly size: number }, all: readonly DenseEntry[]): number {
    const { table } = heap;
    let used = 0;
    for (const { id, flags } of all) {
      const place = (flags & MESSAGE_FLAG.shared) !== 0 ? undefined : decodeManagedId(id, table);
      if (place === undefined || place.offset < block.offset || place.offset >= block.offset + block.size) continue;
      used = Math.max(used, place.offset + place.length - block.offset);
    }
    return used;
  }
}

function lastDirect(block: HeapBlock | undefined): (HeapBlock & { readonly kind: "direct" }) | undefined {
  if (block?.kind !== "indirect") return block;
  for (const child of [...block.children].reverse()) {
    if (child !== undefined) return lastDirect(child); // as deep as the table
  }
  return undefined;
}
