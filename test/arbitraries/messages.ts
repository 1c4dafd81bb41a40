/** Arbitrary values of the structures in format/: valid ones only, of every form that is written. */
import fc from "fast-check";
import type { FormatContext } from "../../src/format/context.js";
import type { LocalHeapPrefix } from "../../src/format/local-heap.js";
import type { Attribute } from "../../src/format/messages/attribute.js";
import type { AttributeInfo } from "../../src/format/messages/attribute-info.js";
import type { BtreeK } from "../../src/format/messages/btree-k.js";
import type { CacheImageMessage } from "../../src/format/messages/cache-image.js";
import type { Continuation } from "../../src/format/messages/continuation.js";
import type { ChunkIndex, DataLayout } from "../../src/format/messages/data-layout.js";
import { type Dataspace, elementCount } from "../../src/format/messages/dataspace.js";
import type { DriverInfo } from "../../src/format/messages/driver-info.js";
import type { ExternalFiles } from "../../src/format/messages/external-files.js";
import type { FileSpaceInfo } from "../../src/format/messages/file-space-info.js";
import type { FillValue } from "../../src/format/messages/fill-value.js";
import type { PipelineFilter } from "../../src/format/messages/filter-pipeline.js";
import type { GroupInfo } from "../../src/format/messages/group-info.js";
import type { LinkMessage } from "../../src/format/messages/link.js";
import type { LinkInfo } from "../../src/format/messages/link-info.js";
import type { MultiMembers } from "../../src/format/messages/multi-members.js";
import type { SharedMessage } from "../../src/format/messages/shared-message.js";
import type { SharedMessageTableMessage } from "../../src/format/messages/shared-message-table.js";
import type { SymbolTable } from "../../src/format/messages/symbol-table.js";
import type { EncodedMessage } from "../../src/format/object-header.js";
import type { Superblock } from "../../src/format/superblock.js";
import { dataspaceOf, datatype, text } from "../../src/testing/datatypes.js";

export { datatype, text } from "../../src/testing/datatypes.js";

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const width = fc.constantFrom(2, 4, 8, 16, 32);
const charset = fc.constantFrom("ascii" as const, "utf-8" as const);
const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength });

/** Contexts with every mixture of widths that a file may have. */
export const context: fc.Arbitrary<FormatContext> = fc.record({
  sizeOfOffsets: width,
  sizeOfLengths: width,
  baseAddress: fc.constant(0),
  groupLeafK: fc.constant(4),
  groupInternalK: fc.constant(16),
  chunkInternalK: fc.constant(32),
  oldest: fc.boolean(),
});

/** Unsigned integers of so many bytes that are not all ones. */
export function unsigned(size: number): fc.Arbitrary<number> {
  return fc.maxSafeNat().map((n) => (size >= 7 ? n : n % (256 ** size - 1)));
}

export function address(ctx: FormatContext): fc.Arbitrary<number> {
  return unsigned(ctx.sizeOfOffsets);
}

export function addressOrNone(ctx: FormatContext): fc.Arbitrary<number | undefined> {
  return fc.option(address(ctx), { nil: undefined });
}

const name = text.filter((s) => s !== "");

export function dataspace(ctx: FormatContext, maxExtent?: number): fc.Arbitrary<Dataspace> {
  const size = unsigned(ctx.sizeOfLengths).map((n) => (maxExtent === undefined ? n : n % (maxExtent + 1)));
  return dataspaceOf(size, unsigned(ctx.sizeOfLengths), maxExtent === undefined ? 32 : 3);
}

export function attribute(ctx: FormatContext): fc.Arbitrary<Attribute> {
  return fc
    .record({ name, charset, datatype: datatype.filter(({ size }) => size < 1000), dataspace: dataspace(ctx, 3) })
    .chain((parts) => {
      const length = elementCount(parts.dataspace) * parts.datatype.size;
      return bytes(length, length).map((data) => ({
        ...parts,
        nameBytes: new TextEncoder().encode(parts.name),
        data,
        creationOrder: undefined,
      }));
    });
}

export function link(ctx: FormatContext): fc.Arbitrary<LinkMessage> {
  const target = fc.oneof(
    address(ctx).map((where) => ({ kind: "hard" as const, address: where })),
    name.map((target) => ({ kind: "soft" as const, target, targetBytes: new TextEncoder().encode(target) })),
    fc.tuple(text, text).map(([file, target]) => {
      const value = new TextEncoder().encode(`\0${file}\0${target}\0`);
      return { kind: "external" as const, file, target, value };
    }),
    fc.record({ kind: fc.constant("user" as const), linkClass: fc.integer({ min: 65, max: 255 }), value: bytes(20) }),
  );
  const longName = name.map((s) => s.repeat(40));
  const named = fc.record({
    name: fc.oneof(name, longName),
    charset,
    creationOrder: fc.option(fc.maxSafeNat(), { nil: undefined }),
  });
  return fc.tuple(named, target).map(([n, t]) => ({ ...t, ...n, nameBytes: new TextEncoder().encode(n.name) }));
}

function info(ctx: FormatContext, maxIndex: fc.Arbitrary<number>): fc.Arbitrary<LinkInfo> {
  const flags = fc.record({ trackOrder: fc.boolean(), indexOrder: fc.boolean() });
  return fc
    .tuple(flags, maxIndex, addressOrNone(ctx), addressOrNone(ctx), addressOrNone(ctx))
    .map(([how, max, heapAddress, nameIndexAddress, orderIndex]) => ({
      ...how,
      maxCreationIndex: how.trackOrder ? max : undefined,
      heapAddress,
      nameIndexAddress,
      orderIndexAddress: how.indexOrder ? orderIndex : undefined,
    }));
}

export const linkInfo = (ctx: FormatContext): fc.Arbitrary<LinkInfo> => info(ctx, fc.maxSafeNat());
export const attributeInfo = (ctx: FormatContext): fc.Arbitrary<AttributeInfo> => info(ctx, u16);

export const groupInfo: fc.Arbitrary<GroupInfo> = fc
  .tuple(fc.option(fc.tuple(u16, u16)), fc.option(fc.tuple(u16, u16)))
  .map(([phase, estimates]) => ({
    ...(phase && { maxCompact: Math.max(...phase), minDense: Math.min(...phase) }),
    ...(estimates && { estimatedEntries: estimates[0], estimatedNameLength: estimates[1] }),
  }));

export const fillValue: fc.Arbitrary<FillValue> = fc
  .record({
    status: fc.constantFrom("undefined" as const, "default" as const, "user" as const),
    writeTime: fc.constantFrom("alloc" as const, "never" as const, "ifset" as const),
    allocTime: fc.constantFrom("early" as const, "late" as const, "incremental" as const),
    value: bytes(40, 1),
  })
  .map(({ value, ...fill }) => ({ ...fill, bytes: fill.status === "user" ? value : undefined }));

export const filterPipeline: fc.Arbitrary<readonly PipelineFilter[]> = fc.array(
  fc
    .record({
      id: u16,
      name: fc.option(text, { nil: undefined }),
      values: fc.array(u32, { maxLength: 7 }),
      optional: fc.boolean(),
    })
    .map((filter) => ({ ...filter, name: filter.id < 256 ? undefined : filter.name })),
  { maxLength: 32 },
);

function chunkIndex(ctx: FormatContext): fc.Arbitrary<ChunkIndex> {
  const where = addressOrNone(ctx);
  const positive = fc.integer({ min: 1, max: 255 });
  const kind = <K extends ChunkIndex["kind"]>(k: K): fc.Arbitrary<K> => fc.constant(k);
  return fc.oneof(
    fc.record({ kind: kind("btree-v1"), address: where }),
    fc.record({ kind: kind("single"), address: where }),
    fc.record({ kind: kind("single"), address: where, filteredSize: unsigned(ctx.sizeOfLengths), filterMask: u32 }),
    fc.record({ kind: kind("implicit"), address: where }),
    fc.record({ kind: kind("fixed-array"), address: where, pageBits: positive }),
    fc.record({
      kind: kind("extensible-array"),
      address: where,
      maxBits: positive,
      elements: positive,
      minPointers: positive,
      minElements: positive,
      pageBits: positive,
    }),
    fc.record({ kind: kind("btree-v2"), address: where, nodeSize: u32, splitPercent: u8, mergePercent: u8 }),
  );
}

export function dataLayout(ctx: FormatContext): fc.Arbitrary<DataLayout> {
  const side = fc.integer({ min: 1, max: 0xffff_ffff });
  const later = fc.constantFrom(4, 5);
  return fc.oneof(
    fc.record({ kind: fc.constant("compact" as const), version: fc.constantFrom(3, 4, 5), data: bytes(100) }),
    fc.record({
      kind: fc.constant("contiguous" as const),
      version: fc.constantFrom(3, 4, 5),
      address: addressOrNone(ctx),
      size: unsigned(ctx.sizeOfLengths),
    }),
    fc
      .record({
        kind: fc.constant("chunked" as const),
        version: later,
        chunkShape: fc.array(side, { minLength: 1, maxLength: 32 }),
        elementSize: side,
        partialEdgeChunksUnfiltered: fc.boolean(),
        index: chunkIndex(ctx),
      })
      .map((layout): DataLayout => {
        return layout.index.kind === "btree-v1"
          ? { ...layout, version: 3, partialEdgeChunksUnfiltered: false }
          : layout;
      }),
    fc.record({
      kind: fc.constant("virtual" as const),
      version: later,
      heapAddress: addressOrNone(ctx),
      heapIndex: u32,
    }),
  );
}

export function sharedMessage(ctx: FormatContext): fc.Arbitrary<SharedMessage> {
  return fc.oneof(
    fc.record({ kind: fc.constant("committed" as const), address: address(ctx) }),
    fc.record({ kind: fc.constant("heap" as const), heapId: bytes(8, 8) }),
  );
}

export function externalFiles(ctx: FormatContext): fc.Arbitrary<ExternalFiles> {
  const n = unsigned(ctx.sizeOfLengths);
  const size = fc.option(n, { nil: Number.POSITIVE_INFINITY });
  return fc.record({
    heapAddress: address(ctx),
    slots: fc.array(fc.record({ nameOffset: n, offset: n, size }), { maxLength: 5 }),
  });
}

export const symbolTable = (ctx: FormatContext): fc.Arbitrary<SymbolTable> =>
  fc.record({ btreeAddress: address(ctx), heapAddress: address(ctx) });
export const continuation = (ctx: FormatContext): fc.Arbitrary<Continuation> =>
  fc.record({ address: address(ctx), length: unsigned(ctx.sizeOfLengths).map((n) => Math.max(1, n)) });
export const driverInfo: fc.Arbitrary<DriverInfo> = fc.record({
  id: fc.constantFrom("NCSAfami", "NCSAmult", "x"),
  data: bytes(40),
});
const k = fc.integer({ min: 1, max: 0xffff });
export const btreeK: fc.Arbitrary<BtreeK> = fc.record({ chunkInternalK: k, groupInternalK: k, groupLeafK: k });
export const seconds: fc.Arbitrary<number> = u32;

/** Version 1: what libraries since 1.10 write; and 0, of releases before 1.10. */
export const fileSpaceInfo = (ctx: FormatContext): fc.Arbitrary<FileSpaceInfo> => {
  const maybeAddress = fc.option(address(ctx), { nil: undefined });
  const older = fc.constantFrom("all-persist" as const, "all" as const, "aggregators" as const, "vfd" as const);
  const version0 = older.chain((strategy) => {
    const managers = strategy === "all-persist" ? 6 : 0;
    return fc.record({
      version: fc.constant(0 as const),
      strategy: fc.constant(strategy),
      persist: fc.constant(managers > 0),
      threshold: unsigned(ctx.sizeOfLengths),
      pageSize: fc.constant(undefined),
      pageEndThreshold: fc.constant(undefined),
      endBeforeManagers: fc.constant(undefined),
      managerAddresses: fc.array(maybeAddress, { minLength: managers, maxLength: managers }),
    });
  });
  const version1 = fc.boolean().chain((persist) =>
    fc.record({
      version: fc.constant(1 as const),
      strategy: fc.constantFrom("free-space-aggregators", "pages", "aggregators", "none"),
      persist: fc.constant(persist),
      threshold: unsigned(ctx.sizeOfLengths),
      pageSize: unsigned(ctx.sizeOfLengths),
      pageEndThreshold: fc.nat(0xffff),
      endBeforeManagers: maybeAddress,
      managerAddresses: fc.array(maybeAddress, { minLength: persist ? 12 : 0, maxLength: persist ? 12 : 0 }),
    }),
  );
  return fc.oneof(version0, version1);
};

export const sharedMessageTableMessage = (ctx: FormatContext): fc.Arbitrary<SharedMessageTableMessage> =>
  fc.record({ tableAddress: address(ctx), indexCount: fc.integer({ min: 1, max: 8 }) });
export const cacheImageMessage = (ctx: FormatContext): fc.Arbitrary<CacheImageMessage> =>
  fc.record({ address: addressOrNone(ctx), size: unsigned(ctx.sizeOfLengths) });
export const localHeapPrefix = (ctx: FormatContext): fc.Arbitrary<LocalHeapPrefix> =>
  fc.record({
    segmentSize: unsigned(ctx.sizeOfLengths),
    freeListHead: unsigned(ctx.sizeOfLengths),
    segmentAddress: address(ctx),
  });

/** Usages that share members or have their own; a name template for each member. */
export const multiMembers: fc.Arbitrary<MultiMembers> = fc
  .array(fc.nat(6), { minLength: 6, maxLength: 6 })
  .chain((map) => {
    const count = new Set(map.map((usage, i) => (usage === 0 ? i + 1 : usage))).size;
    const member = fc.record({
      start: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      end: fc.maxSafeNat(),
      template: text,
    });
    return fc.array(member, { minLength: count, maxLength: count }).map((members) => ({ map, members }));
  });

/** A superblock whose signature stands at 0. */
export const superblock: fc.Arbitrary<Superblock> = fc
  .tuple(context, fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const))
  .chain(([ctx, version]) =>
    fc
      .record({
        baseAddress: address(ctx),
        endOfFile: address(ctx),
        rootAddress: address(ctx),
        extensionAddress: addressOrNone(ctx),
        consistencyFlags: fc.nat(7),
        groupLeafK: k,
        groupInternalK: k,
        chunkInternalK: k,
        // Two addresses of more than 8 bytes do not fit into the scratch pad.
        rootCache: ctx.sizeOfOffsets > 8 ? fc.constant(undefined) : fc.option(symbolTable(ctx), { nil: undefined }),
      })
      .map((parts): Superblock => {
        const { sizeOfOffsets, sizeOfLengths } = ctx;
        const { groupLeafK, groupInternalK, chunkInternalK, rootCache, ...common } = parts;
        const both = { version, sizeOfOffsets, sizeOfLengths, signatureAddress: 0, ...common };
        if (version >= 2) return { ...both, groupLeafK: 4, groupInternalK: 16 };
        const old = {
          ...both,
          groupLeafK,
          groupInternalK,
          driverInfoAddress: undefined,
          driverInfo: undefined,
          rootCache,
        };
        return { ...old, chunkInternalK: version === 1 ? chunkInternalK : undefined };
      }),
  );

/** Messages of a type unknown to the library, or of the attribute's, with bodies of no meaning. */
export const encodedMessage: fc.Arbitrary<EncodedMessage> = fc.record({
  type: fc.constantFrom(0x0c, 0x01, 0x30),
  flags: fc.constantFrom(0, 1, 4),
  creationIndex: u16,
  body: bytes(60),
});
