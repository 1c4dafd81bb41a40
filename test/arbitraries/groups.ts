/** Groups that keep their links in each of three ways, and objects that keep their attributes in each of two. */
import fc from "fast-check";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import { Hdf5UnsupportedError } from "../../src/errors.js";
import { type DamagedAttribute, readAttributes } from "../../src/format/attributes.js";
import { encodeGroupNode, readGroupBtree } from "../../src/format/btree-v1.js";
import { BTREE_V2_TYPE } from "../../src/format/btree-v2.js";
import type { FormatContext } from "../../src/format/context.js";
import { readLinks } from "../../src/format/group-links.js";
import type { Attribute } from "../../src/format/messages/attribute.js";
import { encodeAttribute } from "../../src/format/messages/attribute-encode.js";
import { encodeAttributeInfo } from "../../src/format/messages/attribute-info.js";
import { encodeLink, type LinkMessage } from "../../src/format/messages/link.js";
import { encodeLinkInfo, type LinkInfo } from "../../src/format/messages/link-info.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { encodeSymbolTable } from "../../src/format/messages/symbol-table.js";
import type { HeaderMessage, ObjectHeader } from "../../src/format/object-header.js";
import {
  encodeSymbolTableNode,
  readSymbolTableNode,
  type SymbolTableEntry,
  symbolTableNodeRange,
} from "../../src/format/symbol-table-node.js";
import { decodeText } from "../../src/format/text.js";
import { type BtreeV2Form, btreeV2Form, layBtreeV2 } from "./btree-v2.js";
import { FileLayout, type WalkCase, walkCase } from "./file-layout.js";
import { type HeapForm, heapForm, heapName, layFractalHeap, layLocalHeap } from "./heaps.js";
import { address, attribute, context, link } from "./messages.js";

const LIMITS = { treeDepth: 64, datatypeDepth: 32 };

/** Contexts with few children and symbols to a node, so that small groups have deep trees. */
const narrow = fc
  .tuple(context, fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }))
  .map(([ctx, groupLeafK, groupInternalK]): FormatContext => ({ ...ctx, groupLeafK, groupInternalK }));

function parts<T>(items: readonly T[], most: number): T[][] {
  const cut: T[][] = [];
  for (let i = 0; i < items.length; i += most) cut.push(items.slice(i, i + most));
  return cut;
}

function byBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

/** Symbol table nodes of these entries and the tree over them. */
function laySymbolTable(
  layout: FileLayout,
  ctx: FormatContext,
  entries: readonly SymbolTableEntry[],
): { readonly address: number; readonly levels: number; readonly nodes: readonly number[] } {
  interface Item {
    readonly address: number;
    readonly first: number;
    readonly last: number;
  }
  let items: Item[] = parts(entries, 2 * ctx.groupLeafK).map((part) => {
    const out = new ByteWriter();
    encodeSymbolTableNode(out, part, ctx);
    const at = layout.add("symbol table node", out.bytes(), undefined);
    return { address: at, first: 0, last: part.at(-1)?.nameOffset ?? 0 };
  });
  const nodes = items.map((item) => item.address);
  let levels = 0;
  do {
    const cut = items.length === 0 ? [[]] : parts(items, 2 * ctx.groupInternalK);
    items = cut.map((part) => {
      const keys = part.length === 0 ? [] : [part[0]?.first ?? 0, ...part.map((item) => item.last)];
      const out = new ByteWriter();
      encodeGroupNode(out, { level: levels, keys, children: part.map((item) => item.address) }, ctx);
      const at = layout.add("group B-tree node", out.bytes(), undefined);
      return { address: at, first: keys[0] ?? 0, last: keys.at(-1) ?? 0 };
    });
    levels++;
  } while (items.length > 1);
  return { address: (items[0] as Item).address, levels, nodes };
}

interface OldLink {
  readonly name: Uint8Array;
  readonly target: number | Uint8Array;
}

const oldLinks = (ctx: FormatContext): fc.Arbitrary<OldLink[]> => {
  const target = fc.oneof(address(ctx), heapName);
  const key = ({ name }: OldLink): string => name.join();
  return fc
    .uniqueArray(fc.record({ name: heapName, target }), { selector: key, maxLength: 24 })
    .map((links) => links.sort((a, b) => byBytes(a.name, b.name)));
};

/** Names and targets in a local heap, and the entries that name them there. */
function layOldGroup(layout: FileLayout, ctx: FormatContext, links: readonly OldLink[]) {
  const texts = links.flatMap(({ name, target }) => (typeof target === "number" ? [name] : [name, target]));
  const heap = layLocalHeap(layout, ctx, texts);
  let at = 0;
  const entries = links.map(({ target }): SymbolTableEntry => {
    const nameOffset = heap.offsets[at++] as number; // one for each text
    if (typeof target === "number") return { nameOffset, headerAddress: target, cache: { kind: "none" } };
    const valueOffset = heap.offsets[at++] as number;
    return { nameOffset, headerAddress: undefined, cache: { kind: "soft-link", valueOffset } };
  });
  return { heap, entries, tree: laySymbolTable(layout, ctx, entries) };
}

/** The tree and the nodes of a group, without its names. */
export const symbolTableWalk: fc.Arbitrary<WalkCase> = narrow.chain((ctx) =>
  oldLinks(ctx).map((links) => {
    const layout = new FileLayout();
    const { entries, tree } = layOldGroup(layout, ctx, links);
    layout.structures.splice(0, 2); // the heap, which is not read
    return walkCase(layout, {
      read: (source) => {
        const nodes = readGroupBtree(source, tree.address, ctx, LIMITS);
        source.need(nodes.map((at) => symbolTableNodeRange(at, ctx)));
        return { nodes, entries: nodes.flatMap((at) => readSymbolTableNode(source, at, ctx)) };
      },
      expected: { nodes: tree.nodes, entries },
      rounds: tree.levels + Math.min(1, tree.nodes.length),
    });
  }),
);

/** A header of these messages, in memory already. */
function headerOf(messages: readonly Pick<HeaderMessage, "type" | "body">[]): ObjectHeader {
  const all = messages.map((message, i) => {
    return { ...message, flags: 0, creationIndex: undefined, address: 8 * i, chunk: 0 };
  });
  const header = { version: 2, address: 8, flags: 0, referenceCount: 1, chunks: [] } as const;
  return { ...header, messages: all, failIfUnknownWhenWriting: false };
}

function message(type: number, encode: (out: ByteWriter) => void): Pick<HeaderMessage, "type" | "body"> {
  const out = new ByteWriter();
  encode(out);
  return { type, body: out.bytes() };
}

const info = (heapAddress: number | undefined, nameIndexAddress: number | undefined): LinkInfo => ({
  trackOrder: false,
  indexOrder: false,
  maxCreationIndex: undefined,
  heapAddress,
  nameIndexAddress,
  orderIndexAddress: undefined,
});

/** Links of an old group: tree, nodes and names. */
export const oldGroupWalk: fc.Arbitrary<WalkCase> = narrow.chain((ctx) =>
  oldLinks(ctx).map((links) => {
    const layout = new FileLayout();
    const { heap, tree } = layOldGroup(layout, ctx, links);
    const table = { btreeAddress: tree.address, heapAddress: heap.address };
    const header = headerOf([message(MESSAGE.symbolTable, (out) => encodeSymbolTable(out, table, ctx))]);
    return walkCase<readonly LinkMessage[]>(layout, {
      read: (source) => readLinks(source, header, ctx, LIMITS).links,
      expected: links.map(({ name, target }): LinkMessage => {
        const named = { name: decodeText(name), nameBytes: name, charset: "ascii", creationOrder: undefined } as const;
        return typeof target === "number"
          ? { ...named, kind: "hard", address: target }
          : { ...named, kind: "soft", target: decodeText(target), targetBytes: target };
      }),
      rounds: 1 + tree.levels,
    });
  }),
);

/** A heap of messages and the index over their names. @param records by the hash of the name, ascending. */
function layDense(
  layout: FileLayout,
  ctx: FormatContext,
  form: { readonly heap: HeapForm; readonly tree: BtreeV2Form },
  kind: { readonly type: number; readonly idLength: number; readonly recordSize: number },
  messages: readonly { readonly hash: number; readonly body: Uint8Array; readonly order: number }[],
): { readonly heapAddress: number; readonly indexAddress: number; readonly rounds: number } {
  const bodies = messages.map(({ body }) => body);
  const heap = layFractalHeap(layout, ctx, form.heap, kind.idLength, bodies);
  const records = messages.map(({ hash, order }, i) => {
    const id = heap.ids[i] as Uint8Array; // one for each message
    const out = new ByteWriter();
    if (kind.type === BTREE_V2_TYPE.linkNames) return out.u32(hash).put(id).bytes();
    return out.put(id).u8(0).u32(order).u32(hash).bytes();
  });
  const tree = layBtreeV2(layout, ctx, kind.type, form.tree, kind.recordSize, records);
  return { heapAddress: heap.address, indexAddress: tree.address, rounds: 2 + Math.max(tree.levels, heap.depth) };
}

const byHash = (a: { readonly hash: number }, b: { readonly hash: number }): number => a.hash - b.hash;
/** Longer messages do not fit into the smallest blocks of these heaps. */
const MESSAGE_ROOM = 64;

const LINK_RECORD = 11;

/** Links of a new group, in its header or in a heap. */
export const newGroupWalk: fc.Arbitrary<WalkCase> = context.chain((ctx) => {
  const forms = fc.record({ heap: heapForm, tree: btreeV2Form(ctx, LINK_RECORD, 10) });
  const links = fc.uniqueArray(link(ctx), { selector: ({ name }) => name, maxLength: 10 });
  return fc.tuple(forms, links, fc.boolean()).map(([form, all, isDense]) => {
    const layout = new FileLayout();
    const encoded = all.map((value) => {
      const { body } = message(MESSAGE.link, (out) => encodeLink(out, value, ctx));
      return { value, body, hash: lookup3(value.nameBytes), order: 0 };
    });
    const messages = isDense ? encoded.filter(({ body }) => body.length <= MESSAGE_ROOM).sort(byHash) : encoded;
    const kind = { type: BTREE_V2_TYPE.linkNames, idLength: 7, recordSize: LINK_RECORD };
    const dense = isDense ? layDense(layout, ctx, form, kind, messages) : undefined;
    const where = info(dense?.heapAddress, dense?.indexAddress);
    const header = headerOf([
      message(MESSAGE.linkInfo, (out) => encodeLinkInfo(out, where, ctx)),
      ...(isDense ? [] : messages.map(({ body }) => ({ type: MESSAGE.link, body }))),
    ]);
    return walkCase(layout, {
      read: (source) => readLinks(source, header, ctx, LIMITS).links,
      expected: messages.map(({ value }) => value),
      rounds: dense?.rounds ?? 0,
      atMost: true,
    });
  });
});

const ATTRIBUTE_RECORD = 17;
const noShared = (): never => {
  throw new Hdf5UnsupportedError("shared messages in this test");
};

/** Attributes of an object, in its header or in a heap. */
export const attributesWalk: fc.Arbitrary<WalkCase> = context.chain((ctx) => {
  const forms = fc.record({ heap: heapForm, tree: btreeV2Form(ctx, ATTRIBUTE_RECORD, 8) });
  const attributes = fc.uniqueArray(attribute(ctx), { selector: ({ name }) => name, maxLength: 8 });
  return fc.tuple(forms, attributes, fc.boolean()).map(([form, all, isDense]) => {
    const layout = new FileLayout();
    const encoded = all.map((value, order) => {
      const { body } = message(MESSAGE.attribute, (out) => encodeAttribute(out, value, ctx));
      return { value, body, hash: lookup3(value.nameBytes), order };
    });
    const messages = isDense ? encoded.filter(({ body }) => body.length <= MESSAGE_ROOM).sort(byHash) : encoded;
    const kind = { type: BTREE_V2_TYPE.attributeNames, idLength: 8, recordSize: ATTRIBUTE_RECORD };
    const dense = isDense ? layDense(layout, ctx, form, kind, messages) : undefined;
    const where = { ...info(dense?.heapAddress, dense?.indexAddress), trackOrder: true, maxCreationIndex: all.length };
    const header = headerOf([
      message(MESSAGE.attributeInfo, (out) => encodeAttributeInfo(out, where, ctx)),
      ...(isDense ? [] : messages.map(({ body }) => ({ type: MESSAGE.attribute, body }))),
    ]);
    const plain = (slot: Attribute | DamagedAttribute): Attribute | { readonly code: string } =>
      "error" in slot ? { code: slot.error.code } : slot;
    return walkCase<readonly (Attribute | { readonly code: string })[]>(layout, {
      read: (source) => readAttributes(source, header, ctx, LIMITS, noShared).slots.map(plain),
      expected: messages.map(({ value, order }) => ({ ...value, creationOrder: isDense ? order : undefined })),
      rounds: dense?.rounds ?? 0,
      atMost: true,
      holdsErrors: (slots) => slots.some((slot) => "code" in slot),
    });
  });
});

/** Links in one heap of the default form, with a header that names it. */
export function layDenseLinks(
  ctx: FormatContext,
  links: readonly LinkMessage[],
): { bytes: Uint8Array; header: ObjectHeader } {
  const layout = new FileLayout();
  const messages = links
    .map((value) => {
      const { body } = message(MESSAGE.link, (out) => encodeLink(out, value, ctx));
      return { body, hash: lookup3(value.nameBytes), order: 0 };
    })
    .sort(byHash);
  const heap = {
    tableWidth: 4,
    startingBlockSize: 512,
    maxDirectBlockSize: 512,
    maxHeapBits: 32,
    checksums: true,
    skips: [],
  };
  const form = { heap, tree: { nodeSize: 512, picks: [0] } };
  const dense = layDense(
    layout,
    ctx,
    form,
    { type: BTREE_V2_TYPE.linkNames, idLength: 7, recordSize: LINK_RECORD },
    messages,
  );
  const where = info(dense.heapAddress, dense.indexAddress);
  const header = headerOf([message(MESSAGE.linkInfo, (out) => encodeLinkInfo(out, where, ctx))]);
  return { bytes: layout.bytes(), header };
}
