/** What libhdf5 makes dense links and attributes of: parameters of their heaps and records of their indexes. */
import type { ByteWriter } from "../bytes/byte-writer.js";
import { BTREE_V2_TYPE } from "../format/btree-v2.js";
import {
  ATTRIBUTE_ID_LENGTH,
  ATTRIBUTE_NAME_RECORD,
  ATTRIBUTE_ORDER_RECORD,
  encodeAttributeName,
  encodeAttributeOrder,
} from "../format/dense-attributes.js";
import {
  encodeLinkName,
  encodeLinkOrder,
  LINK_ID_LENGTH,
  LINK_NAME_RECORD,
  LINK_ORDER_RECORD,
} from "../format/dense-links.js";
import type { FractalHeapForm } from "../format/fractal-heap-shape.js";
import { compareBytes } from "../format/messages/link.js";
import type { BtreeV2Form } from "./btree-v2-editor.js";

/** One link or attribute as the indexes name it. */
export interface DenseEntry {
  readonly nameBytes: Uint8Array;
  readonly hash: number;
  readonly id: Uint8Array;
  readonly creationOrder: number;
  /** Message flags; of links 0. */
  readonly flags: number;
}

/** Links, or attributes. */
export interface DenseForm {
  readonly heap: FractalHeapForm;
  readonly names: BtreeV2Form<DenseEntry>;
  readonly orders: BtreeV2Form<DenseEntry>;
  /** What stands for a creation order where none is kept. */
  readonly noOrder: number;
}

const HEAP = {
  filters: [],
  checksumsDirectBlocks: true, // H5G_FHEAP_CHECKSUM_DBLOCKS, H5O_FHEAP_CHECKSUM_DBLOCKS
  maxManagedSize: 4096, // …_MAX_MAN_SIZE
  tableWidth: 4, // …_MAN_WIDTH
  maxDirectBlockSize: 65_536, // …_MAN_MAX_DIRECT_SIZE
} as const;

function byName(
  type: number,
  recordSize: number,
  write: (out: ByteWriter, entry: DenseEntry) => void,
): BtreeV2Form<DenseEntry> {
  return {
    type,
    recordSize,
    write,
    nodeSize: 512, // H5G_NAME_BT2_NODE_SIZE, H5A_NAME_BT2_NODE_SIZE
    splitPercent: 100,
    mergePercent: 40,
    // Of equal hashes libhdf5 compares the names (H5Gbtree2.c: H5G__dense_btree2_name_compare).
    compare: (a, b) => a.hash - b.hash || compareBytes(a.nameBytes, b.nameBytes),
  };
}

function byOrder(
  type: number,
  recordSize: number,
  write: (out: ByteWriter, entry: DenseEntry) => void,
): BtreeV2Form<DenseEntry> {
  return { ...byName(type, recordSize, write), compare: (a, b) => a.creationOrder - b.creationOrder };
}

/** H5Gdense.c */
export const DENSE_LINKS: DenseForm = {
  heap: { ...HEAP, idLength: LINK_ID_LENGTH, startingBlockSize: 512, maxHeapBits: 32 },
  names: byName(BTREE_V2_TYPE.linkNames, LINK_NAME_RECORD, encodeLinkName),
  orders: byOrder(BTREE_V2_TYPE.linkCreationOrder, LINK_ORDER_RECORD, encodeLinkOrder),
  noOrder: 0,
};

/** H5Adense.c, H5Opkg.h */
export const DENSE_ATTRIBUTES: DenseForm = {
  heap: { ...HEAP, idLength: ATTRIBUTE_ID_LENGTH, startingBlockSize: 1024, maxHeapBits: 40 },
  names: byName(BTREE_V2_TYPE.attributeNames, ATTRIBUTE_NAME_RECORD, encodeAttributeName),
  orders: byOrder(BTREE_V2_TYPE.attributeCreationOrder, ATTRIBUTE_ORDER_RECORD, encodeAttributeOrder),
  noOrder: 0xffff, // H5O_MAX_CRT_ORDER_IDX
};
