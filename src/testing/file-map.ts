/**
 * What lies where in a file: metadata structures with their checksums and fields, and raw data with what protects them.
 * Made by walking a sound file with the codecs of `h5ts/format`; what a walk does not reach is on no list.
 */

import {
  Cursor,
  decodeAttributeInfo,
  decodeBtreeK,
  decodeDataLayout,
  decodeDataspace,
  decodeDatatype,
  decodeExternalFiles,
  decodeFillValue,
  decodeFilterPipeline,
  decodeGroupInfo,
  decodeLink,
  decodeLinkInfo,
  decodeSuperblock,
  decodeSymbolTable,
  type FormatContext,
  type HeaderMessage,
  lookup3,
  MESSAGE,
  Miss,
  type ObjectHeader,
  readAttributes,
  readChunkIndex,
  readGlobalHeapCollection,
  readLinks,
  readObjectHeader,
  SUPERBLOCK_SIGNATURE,
  type Superblock,
  shapeOf,
  superblockCandidates,
} from "../format/index.js";
import { Hdf5FormatError, isHdf5Error } from "../index.js";
import type { FieldRead } from "./recording-cursor.js";
import { RecordingSource } from "./recording-source.js";

/** A metadata structure. Positions are absolute in the file. */
export interface MappedStructure {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  /** Position of its checksum; undefined: it has none. */
  readonly checksumAt: number | undefined;
}

/** A field of a structure. */
export interface MappedField {
  readonly structure: string;
  readonly name: string | undefined;
  readonly start: number;
  readonly width: number;
  /** Its value is the address of a structure or of raw data that the walk reached. */
  readonly isAddress: boolean;
}

/** Stored elements. */
export interface MappedData {
  readonly start: number;
  readonly length: number;
  /** Header of their dataset, relative to the base address as `address` of objects is. */
  readonly objectAddress: number;
  /** A changed byte cannot pass for data: a fletcher32 or zlib sum is over it. */
  readonly isProtected: boolean;
}

/** A file's parts, each list in order of position. */
export interface FileMap {
  readonly baseAddress: number;
  readonly sizeOfOffsets: number;
  readonly structures: readonly MappedStructure[];
  readonly fields: readonly MappedField[];
  readonly data: readonly MappedData[];
  /** Nothing stopped the walk: what is on no list is used for nothing. */
  readonly isComplete: boolean;
}

const LIMITS = { headerChunks: 1024, treeDepth: 64, datatypeDepth: 64 };
/** "GCOL", the signature of global heap collections. */
const GCOL = [0x47, 0x43, 0x4f, 0x4c] as const;
const FLETCHER32 = 3;
const DEFLATE = 1;
const SHARED = 2;

/** Decoders whose fields are worth knowing, by message type. */
const DECODERS: Readonly<Record<number, (cur: Cursor, ctx: FormatContext) => unknown>> = {
  [MESSAGE.dataspace]: decodeDataspace,
  [MESSAGE.linkInfo]: decodeLinkInfo,
  [MESSAGE.datatype]: (cur) => decodeDatatype(cur, LIMITS),
  [MESSAGE.fillValue]: (cur) => decodeFillValue(cur),
  [MESSAGE.link]: decodeLink,
  [MESSAGE.externalFiles]: decodeExternalFiles,
  [MESSAGE.dataLayout]: decodeDataLayout,
  [MESSAGE.groupInfo]: (cur) => decodeGroupInfo(cur),
  [MESSAGE.filterPipeline]: (cur) => decodeFilterPipeline(cur),
  [MESSAGE.symbolTable]: decodeSymbolTable,
  [MESSAGE.btreeK]: (cur) => decodeBtreeK(cur),
  [MESSAGE.attributeInfo]: decodeAttributeInfo,
};

/** @throws Hdf5FormatError when there is no superblock. */
export async function mapFile(bytes: Uint8Array): Promise<FileMap> {
  for (;;) {
    try {
      return walkFile(bytes);
    } catch (thrown) {
      // All bytes are here; code of rare structures may not be yet.
      if (!(thrown instanceof Miss)) throw thrown;
      await Promise.all(thrown.code);
    }
  }
}

function walkFile(bytes: Uint8Array): FileMap {
  const found = [...superblockCandidates(bytes.length)].find((at) =>
    SUPERBLOCK_SIGNATURE.every((byte, i) => bytes[at + i] === byte),
  );
  const start = found ?? 0;
  const source = new RecordingSource(bytes.subarray(start));
  const superblock = decodeSuperblock(source.readUpTo(0, 256, "superblock"), start);
  const walk = new Walk(source, superblock);
  walk.run();
  const { data, isComplete } = walk;
  const { sizeOfOffsets } = superblock;
  return { baseAddress: start, sizeOfOffsets, isComplete, ...assemble(bytes, start, source, data) };
}

/** Everything that the root and the extension lead to. */
class Walk {
  readonly #source: RecordingSource;
  readonly #superblock: Superblock;
  #context: FormatContext;
  readonly data: MappedData[] = [];
  isComplete = true;

  constructor(source: RecordingSource, superblock: Superblock) {
    this.#source = source;
    this.#superblock = superblock;
    const { sizeOfOffsets, sizeOfLengths, groupLeafK, groupInternalK, chunkInternalK = 32 } = superblock;
    this.#context = { sizeOfOffsets, sizeOfLengths, baseAddress: 0, groupLeafK, groupInternalK, chunkInternalK };
  }

  run(): void {
    const { extensionAddress, rootAddress, version } = this.#superblock;
    const length = superblockLength(version, this.#superblock.sizeOfOffsets);
    this.#source.structures.push({ structure: "superblock", address: 0, length });
    if (extensionAddress !== undefined) this.#tolerate(() => this.#extension(extensionAddress));
    const queue = [rootAddress];
    const seen = new Set(queue);
    for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
      for (const child of this.#tolerate(() => this.#object(address as number)) ?? []) {
        if (!seen.has(child)) queue.push(child);
        seen.add(child);
      }
    }
    this.#globalHeaps();
  }

  /** It may say how large nodes of B-trees are. */
  #extension(address: number): void {
    const orders = this.#header(address).messages.find(({ type }) => type === MESSAGE.btreeK);
    if (orders === undefined) return;
    this.#context = {
      ...this.#context,
      ...decodeBtreeK(this.#source.cursor(orders.body, "B-tree K message", orders.address)),
    };
  }

  /** One object; the addresses of its hard links are returned. */
  #object(address: number): readonly number[] {
    const source = this.#source;
    const context = this.#context;
    const header = this.#header(address);
    this.#tolerate(() =>
      readAttributes(source, header, context, LIMITS, () => {
        this.isComplete = false;
        throw new Hdf5FormatError({ structure: "shared message" }, "is not followed");
      }),
    );
    this.#tolerate(() => this.#raw(header));
    const found = this.#tolerate(() => readLinks(source, header, context, LIMITS));
    return found?.links.flatMap((link) => (link.kind === "hard" ? [link.address] : [])) ?? [];
  }

  #header(address: number): ObjectHeader {
    const header = readObjectHeader(this.#source, address, this.#context, LIMITS);
    for (const message of header.messages) this.#tolerate(() => this.#decode(message));
    return header;
  }

  /** The fields of a message, where it is not elsewhere. */
  #decode({ type, flags, body, address }: HeaderMessage): void {
    // Neither messages of the file's heap nor what a cache image holds is looked for.
    if ((flags & SHARED) !== 0 || type === MESSAGE.cacheImage) this.isComplete = false;
    else DECODERS[type]?.(this.#source.cursor(body, `message of type ${type}`, address), this.#context);
  }

  /** Where the elements of a dataset lie. */
  #raw(header: ObjectHeader): void {
    const read = <T>(type: number, decode: (cur: Cursor) => T): T | undefined => {
      const message = header.messages.find((one) => one.type === type && (one.flags & SHARED) === 0);
      return message && decode(new Cursor(message.body, "message", message.address));
    };
    const layout = read(MESSAGE.dataLayout, (cur) => decodeDataLayout(cur, this.#context));
    const dataspace = read(MESSAGE.dataspace, (cur) => decodeDataspace(cur, this.#context));
    const filters = read(MESSAGE.filterPipeline, decodeFilterPipeline) ?? [];
    if (layout?.kind === "contiguous" && layout.address !== undefined) {
      this.#add(header, layout.address, layout.size, false);
    }
    if (layout?.kind !== "chunked" || dataspace === undefined) return;
    const maxShape = dataspace.kind === "simple" ? dataspace.maxShape : undefined;
    const extent = { shape: shapeOf(dataspace), maxShape, filtered: filters.length > 0 };
    for (const chunk of readChunkIndex(this.#source, layout, this.#context, extent, undefined, LIMITS)) {
      const applied = filters.filter((_, i) => ((chunk.filterMask >>> i) & 1) === 0);
      // Another filter outside of it may take a changed byte for something else.
      const outer = applied.at(-1)?.id;
      this.#add(header, chunk.address, chunk.size, outer === FLETCHER32 || outer === DEFLATE);
    }
  }

  /** Collections are named by elements, which are not decoded here: found by their signature. */
  #globalHeaps(): void {
    const { bytes } = this.#source.readUpTo(0, this.#source.end, "file");
    for (let at = bytes.indexOf(GCOL[0]); at >= 0; at = bytes.indexOf(GCOL[0], at + 1)) {
      if (!GCOL.every((byte, i) => bytes[at + i] === byte)) continue;
      this.#source.fields.push({ structure: "global heap collection", name: "signature", address: at, width: 4 });
      this.#tolerate(() => {
        readGlobalHeapCollection(this.#source, at, this.#context);
        this.#source.structures.push({ structure: "global heap collection", address: at, length: 4096 });
      });
    }
  }

  #add({ address: objectAddress }: ObjectHeader, start: number, length: number, isProtected: boolean): void {
    if (length > 0 && start + length <= this.#source.end) this.data.push({ start, length, objectAddress, isProtected });
  }

  /** A part that cannot be walked stays unmapped. */
  #tolerate<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!isHdf5Error(error)) throw error;
      this.isComplete = false;
      return undefined;
    }
  }
}

function superblockLength(version: number, sizeOfOffsets: number): number {
  return version >= 2 ? 16 + 4 * sizeOfOffsets : 24 + (version === 1 ? 4 : 0) + 6 * sizeOfOffsets + 24;
}

/** Absolute positions, sorted, each structure and field once. */
function assemble(
  bytes: Uint8Array,
  base: number,
  source: RecordingSource,
  data: readonly MappedData[],
): Pick<FileMap, "structures" | "fields" | "data"> {
  const structures = new Map<number, MappedStructure>();
  for (const { structure, address, length } of source.structures) {
    const start = base + address;
    const end = Math.min(bytes.length, start + length);
    const known = structures.get(start);
    if (known !== undefined && known.length >= end - start) continue;
    structures.set(start, { name: structure, start, length: end - start, checksumAt: checksumOf(bytes, start, end) });
  }
  const targets = new Set([...structures.keys(), ...data.map(({ start }) => base + start)]);
  const fields = new Map<string, MappedField>();
  for (const field of source.fields) {
    const start = base + field.address;
    const key = `${start}+${field.width}`;
    if (!fields.has(key)) fields.set(key, mapped(bytes, base, field, targets));
  }
  const byStart = (a: { readonly start: number }, b: { readonly start: number }): number => a.start - b.start;
  return {
    structures: [...structures.values()].sort(byStart),
    fields: [...fields.values()].sort(byStart),
    data: data.map((part) => ({ ...part, start: base + part.start })).sort(byStart),
  };
}

function mapped(bytes: Uint8Array, base: number, field: FieldRead, targets: ReadonlySet<number>): MappedField {
  const start = base + field.address;
  const { structure, name, width } = field;
  let value = 0;
  for (let i = width - 1; i >= 0 && width <= 8; i--) value = value * 256 + (bytes[start + i] ?? 0);
  const isAddress = width >= 2 && width <= 8 && value > 0 && targets.has(base + value);
  return { structure, name, start, width, isAddress };
}

/** Sums stand at the end, or inside and count as zeros. Found by trying: a sum is right by chance once in 2^32. */
function checksumOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  const whole = bytes.subarray(start, end);
  if (whole.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(end - 4, true) === lookup3(whole.subarray(0, -4))) return end - 4;
  for (let at = 13; at + 4 <= Math.min(whole.length, 30); at++) {
    if (isChecksumInside(whole, at)) return start + at;
  }
  return undefined;
}

function isChecksumInside(whole: Uint8Array, at: number): boolean {
  const stored = new DataView(whole.buffer, whole.byteOffset).getUint32(at, true);
  if (stored === 0) return false;
  const zeroed = whole.slice();
  zeroed.fill(0, at, at + 4);
  return lookup3(zeroed) === stored;
}

/** Put the right checksum into a structure. */
export function fixChecksum(bytes: Uint8Array, { start, length, checksumAt }: MappedStructure): void {
  if (checksumAt === undefined || start + length > bytes.length) return;
  const whole = bytes.subarray(start, start + length);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(checksumAt, 0, true);
  const covered = checksumAt === start + length - 4 ? whole.subarray(0, -4) : whole;
  view.setUint32(checksumAt, lookup3(covered), true);
}
