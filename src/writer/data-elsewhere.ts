/** Datasets whose data lie elsewhere: lists of external raw files, and mappings of virtual datasets. */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Hdf5UsageError, isHdf5Error } from "../errors.js";
import { encodeLocalHeapPrefix, NO_FREE_BLOCK } from "../format/local-heap.js";
import type { DataLayout } from "../format/messages/data-layout.js";
import { encodeExternalFiles } from "../format/messages/external-files.js";
import type { DatasetState } from "../model/state.js";
import { bindSides, checkMapping, isNumbered, unlimitedDimension } from "../model/virtual/bound-mapping.js";
import { encodeMappings, type VirtualMapping } from "../model/virtual/mapping-block.js";
import type { DatasetSpec, Layout } from "../model/writer-contract.js";
import type { WriteSession } from "./write-session.js";

/** Layouts of data that lie elsewhere. */
export type ElsewhereLayout = External | Virtual;
type External = Extract<Layout, { kind: "external" }>;
type Virtual = Extract<Layout, { kind: "virtual" }>;

/** What such a dataset has beside its layout message. */
export interface DataElsewhere {
  readonly layout: DataLayout;
  readonly externalFiles?: DatasetState["externalFiles"];
  readonly mappings?: readonly VirtualMapping[];
}

/**
 * Check a layout, and say how it is stored.
 * @throws Hdf5UsageError for what libhdf5 would not read.
 */
export function planElsewhere(
  session: WriteSession,
  spec: DatasetSpec,
  layout: ElsewhereLayout,
  size: number,
  shape: readonly number[],
  maxShape: readonly number[] | undefined,
): DataElsewhere {
  if (spec.chunkShape !== undefined || (spec.filters?.length ?? 0) > 0) {
    throw new Hdf5UsageError("layout", `is ${layout.kind}`, "chunked, which filters and chunkShape need");
  }
  if (layout.kind === "external") {
    checkFiles(layout.files, size, shape, maxShape);
    const externalFiles = layout.files.map(({ file, offset, size: bytes }) =>
      Object.freeze({ file, offset, size: bytes }),
    );
    return { layout: { kind: "contiguous", version: 3, address: undefined, size }, externalFiles };
  }
  const mappings = layout.mappings.map(({ file, dataset, source, virtual }) => ({ file, dataset, source, virtual }));
  for (const [i, mapping] of mappings.entries()) checkVirtual(mapping, i, shape);
  const { collection, index } = session.heaps.put(encodeMappings(mappings, session.context));
  return { layout: { kind: "virtual", version: 4, heapAddress: collection, heapIndex: index }, mappings };
}

function checkName(argument: string, name: string): void {
  if (typeof name === "string" && name !== "" && !name.includes("\0")) return;
  throw new Hdf5UsageError(argument, `is ${JSON.stringify(name)}`, "a name without NUL");
}

function checkFiles(
  files: External["files"],
  size: number,
  shape: readonly number[],
  maxShape: readonly number[] | undefined,
): void {
  let total = 0;
  files.forEach(({ file, offset, size: bytes }, i) => {
    const argument = `layout.files[${i}]`;
    checkName(`${argument}.file`, file);
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new Hdf5UsageError(`${argument}.offset`, `is ${String(offset)}`, "a number of bytes");
    }
    const endless = bytes === Number.POSITIVE_INFINITY;
    if (endless ? i < files.length - 1 : !Number.isSafeInteger(bytes) || bytes < 1) {
      throw new Hdf5UsageError(
        `${argument}.size`,
        `is ${String(bytes)}`,
        "a number of bytes, Infinity in the last one",
      );
    }
    total += bytes;
  });
  if (maxShape?.some((extent, d) => d > 0 && extent > (shape[d] ?? 0))) {
    throw new Hdf5UsageError("maxShape", "grows in another dimension than the first", "external data that do not");
  }
  const [rows = 1, most = rows] = [shape[0], maxShape?.[0]];
  const room = rows === 0 ? size : (size / rows) * most;
  if (total < room) throw new Hdf5UsageError("layout.files", `hold ${total} bytes`, `at least ${room}`);
}

function checkVirtual(mapping: VirtualMapping, i: number, shape: readonly number[]): void {
  const argument = `layout.mappings[${i}]`;
  checkName(`${argument}.file`, mapping.file);
  checkName(`${argument}.dataset`, mapping.dataset);
  const { source, virtual } = mapping;
  if (virtual.rank !== undefined && virtual.rank !== shape.length) {
    throw new Hdf5UsageError(`${argument}.virtual`, `has rank ${virtual.rank}`, `${shape.length}, as the shape`);
  }
  try {
    checkMapping(mapping);
    // Of a source that is taken whole, how much that is shows when it is opened.
    if (source.kind === "hyperslab" && unlimitedDimension(virtual) < 0 && !isNumbered(mapping)) {
      const everywhere = new Array<number>(source.rank ?? 0).fill(Number.MAX_SAFE_INTEGER);
      bindSides(mapping, shape, everywhere);
    }
  } catch (error) {
    if (!isHdf5Error(error, "format")) throw error;
    throw new Hdf5UsageError(argument, error.message, "a mapping that libhdf5 reads", { cause: error });
  }
}

/** Write the names of external files, and give the message that leads to them. */
export async function writeExternalFiles(
  session: WriteSession,
  files: NonNullable<DatasetState["externalFiles"]>,
): Promise<Uint8Array> {
  const { context, allocator, device } = session;
  // libhdf5 wants the empty name first (H5O__efl_decode).
  const segment = new ByteWriter().zeros(8);
  const slots = files.map(({ file, offset, size }) => {
    const nameOffset = segment.length;
    segment.put(new TextEncoder().encode(file)).u8(0).align(8);
    return { nameOffset, offset, size };
  });
  const segmentAddress = allocator.metadata(segment.length, { usage: "local-heap", sectorSafe: false });
  await device.write(segmentAddress, segment.written());
  const prefix = new ByteWriter();
  encodeLocalHeapPrefix(prefix, { segmentSize: segment.length, freeListHead: NO_FREE_BLOCK, segmentAddress }, context);
  const heapAddress = allocator.metadata(prefix.length, { usage: "local-heap", sectorSafe: false });
  await device.write(heapAddress, prefix.written());
  const message = new ByteWriter();
  encodeExternalFiles(message, { heapAddress, slots }, context);
  return message.bytes();
}
