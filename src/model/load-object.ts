/** Objects by address: the header is read, its kind found, its messages decoded. Spec: IV. Disk Format: Level 2. */
import type { Cursor } from "../bytes/cursor.js";
import { Hdf5FormatError, Hdf5LimitError } from "../errors.js";
import type { FilterInfo } from "../filters/filter.js";
import { filterName } from "../filters/names.js";
import type { ByteSource } from "../format/byte-source.js";
import type { FormatContext } from "../format/context.js";
import { readLocalHeap } from "../format/local-heap.js";
import { decodeAttributeInfo } from "../format/messages/attribute-info.js";
import { type DataLayout, decodeDataLayout } from "../format/messages/data-layout.js";
import { type Dataspace, decodeDataspace } from "../format/messages/dataspace.js";
import { type Datatype, decodeDatatype } from "../format/messages/datatype.js";
import type { ExternalFiles } from "../format/messages/external-files.js";
import { decodeFillValue, decodeOldFillValue, type FillValue } from "../format/messages/fill-value.js";
import { decodeFilterPipeline } from "../format/messages/filter-pipeline.js";
import { decodeLinkInfo } from "../format/messages/link-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { decodeModificationTime, decodeOldModificationTime } from "../format/messages/modification-time.js";
import { decodeObjectComment } from "../format/messages/object-comment.js";
import { decodeSharedMessage, type SharedResolver } from "../format/messages/shared-message.js";
import { type HeaderMessage, messageCursor, type ObjectHeader, readObjectHeader } from "../format/object-header.js";
import { externalFiles } from "../format/rare.js";
import { settle } from "../io/settle.js";
import { product } from "../selection/resolved.js";
import type { DatasetState, FileState, ObjectState } from "./state.js";

const HEADER = "object header";
/** Message flag: the body is a shared message. */
const SHARED = 0x02; // H5O_MSG_FLAG_SHARED

/** Loads under way, so that an object is loaded once whoever asks. */
const loading = /* @__PURE__ */ new WeakMap<FileState, Map<number, Promise<ObjectState>>>();

/**
 * The object whose header lies at an address.
 * @throws Hdf5FormatError when there is none, or a message it needs is damaged; Hdf5UnsupportedError for message
 * versions and features that this library does not know.
 */
export function loadObject(file: FileState, address: number): Promise<ObjectState> {
  const known = file.objects.get(address) ?? remembered(file, address);
  if (known !== undefined) return Promise.resolve(known);
  let loads = loading.get(file);
  if (loads === undefined) {
    loads = new Map();
    loading.set(file, loads);
  }
  let load = loads.get(address);
  if (load === undefined) {
    load = settle(file.pager, (source) => readObject(source, file, address), {
      metadataBytes: file.limits.metadataBytes,
    }).then((object) => {
      keep(file, object);
      return object;
    });
    loads.set(address, load);
    const done = (): void => void loads.delete(address);
    load.then(done, done);
  }
  return load;
}

/** Objects that a file opened for reading keeps by itself. */
const KEPT_OBJECTS = 20_000;

/** Objects that were let go of, and live on while somebody has a handle: handles of one object share its state. */
const forgotten = /* @__PURE__ */ new WeakMap<FileState, Map<number, WeakRef<ObjectState>>>();

function keep(file: FileState, object: ObjectState): void {
  file.objects.set(object.address, object);
  if (file.mode !== "r" || file.objects.size <= KEPT_OBJECTS) return;
  for (const [address, oldest] of file.objects) {
    if (address === file.superblock.rootAddress) continue;
    file.objects.delete(address);
    const refs = forgotten.get(file) ?? new Map<number, WeakRef<ObjectState>>();
    forgotten.set(file, refs);
    refs.set(address, new WeakRef(oldest));
    return;
  }
}

function remembered(file: FileState, address: number): ObjectState | undefined {
  const object = forgotten.get(file)?.get(address)?.deref();
  if (object !== undefined) keep(file, object);
  return object;
}

/** Read a loaded object's header again. The state is kept, its parts are replaced. */
export async function reloadDataset(object: ObjectState): Promise<void> {
  const { file } = object;
  const fresh = await settle(file.pager, (source) => readObject(source, file, object.address), {
    metadataBytes: file.limits.metadataBytes,
  });
  if (fresh.dataset === undefined) {
    throw new Hdf5FormatError({ structure: HEADER, address: object.address }, "is no longer that of a dataset");
  }
  object.header = fresh.header;
  object.dataset = fresh.dataset;
  object.attributes = undefined;
  object.modified = fresh.modified;
}

/** Follows messages that say "see there": committed datatypes, and in attributes too. */
export function sharedResolver(source: ByteSource, file: FileState): SharedResolver {
  return (shared, messageType) => {
    if (shared.kind === "heap") {
      const { sharedMessages, limits } = file;
      if (sharedMessages !== undefined) {
        return { cursor: sharedMessages(source, shared.heapId, messageType, limits), committed: undefined };
      }
      throw new Hdf5FormatError(
        { structure: HEADER },
        "shares a message, but the file has no table of shared messages",
      );
    }
    const header = readHeader(source, file, shared.address);
    const message = header.messages.find(({ type }) => type === messageType);
    if (message === undefined || (message.flags & SHARED) !== 0) {
      throw new Hdf5FormatError(
        { structure: HEADER, address: shared.address },
        `holds no message of type ${messageType}, which is shared from there`,
      );
    }
    return { cursor: messageCursor(message, HEADER), committed: shared.address };
  };
}

function readHeader(source: ByteSource, file: FileState, address: number): ObjectHeader {
  return source.memo(HEADER, address, () =>
    readObjectHeader(source, address, file.context, file.limits, { verifyChecksums: file.options.verifyChecksums }),
  );
}

function readObject(source: ByteSource, file: FileState, address: number): ObjectState {
  const header = readHeader(source, file, address);
  const { context } = file;
  const messages = new Messages(source, file, header);
  const kind = kindOf(header);
  const linkInfo =
    kind === "group" ? messages.decode(MESSAGE.linkInfo, (cur) => decodeLinkInfo(cur, context)) : undefined;
  const attributeInfo = messages.decode(MESSAGE.attributeInfo, (cur) => decodeAttributeInfo(cur, context));
  return {
    file,
    address,
    kind,
    header,
    deleted: false,
    linkCount: header.referenceCount,
    comment: messages.decode(MESSAGE.objectComment, (cur) => decodeObjectComment(cur)),
    modified: modifiedOf(header, messages),
    links: undefined,
    linkOrder: orderOf(linkInfo),
    attributes: undefined,
    attributeOrder: orderOf(attributeInfo ?? headerOrder(header)),
    dataset: kind === "dataset" ? readDataset(messages) : undefined,
    datatype: kind === "datatype" ? messages.datatype() : undefined,
  };
}

/** As libhdf5 finds it: H5Oint.c, H5O__obj_class_real. */
function kindOf(header: ObjectHeader): ObjectState["kind"] {
  const has = (type: number): boolean => header.messages.some((message) => message.type === type);
  if (has(MESSAGE.symbolTable) || has(MESSAGE.linkInfo)) return "group";
  if (has(MESSAGE.datatype)) return has(MESSAGE.dataspace) || has(MESSAGE.dataLayout) ? "dataset" : "datatype";
  if (has(MESSAGE.dataLayout)) return "dataset";
  throw new Hdf5FormatError(
    { structure: HEADER, address: header.address },
    "holds the messages of neither a group nor a dataset nor a datatype",
  );
}

function orderOf(
  info: { readonly trackOrder: boolean; readonly indexOrder: boolean } | undefined,
): "none" | "tracked" | "indexed" {
  if (!info?.trackOrder) return "none";
  return info.indexOrder ? "indexed" : "tracked";
}

/** Version-2 headers say in their flags whether attribute order is kept, whether or not there is an attribute. */
function headerOrder(header: ObjectHeader): { trackOrder: boolean; indexOrder: boolean } | undefined {
  if (header.version === 1) return undefined;
  return { trackOrder: (header.flags & 0x04) !== 0, indexOrder: (header.flags & 0x08) !== 0 };
}

function modifiedOf(header: ObjectHeader, messages: Messages): Date | undefined {
  const seconds =
    messages.decode(MESSAGE.modificationTime, (cur) => decodeModificationTime(cur)) ??
    messages.decode(MESSAGE.oldModificationTime, (cur) => decodeOldModificationTime(cur)) ??
    header.times?.modification;
  return seconds === undefined || seconds === 0 ? undefined : new Date(seconds * 1000);
}

function readDataset(messages: Messages): DatasetState {
  const { source, file, header } = messages;
  const { context } = file;
  const dataspace = messages.required(MESSAGE.dataspace, "dataspace", (cur) => decodeDataspace(cur, context));
  const datatype = messages.datatype();
  const layout = messages.required(MESSAGE.dataLayout, "data layout", (cur) => decodeDataLayout(cur, context));
  const filters = messages.decode(MESSAGE.filterPipeline, (cur) => decodeFilterPipeline(cur)) ?? [];
  if (filters.length > file.limits.filters) {
    throw new Hdf5LimitError("filters", filters.length, file.limits.filters, "filters of a dataset");
  }
  checkLayout(header.address, layout, dataspace, datatype);
  const external = messages.decode(MESSAGE.externalFiles, (cur) =>
    externalFiles.now().decodeExternalFiles(cur, context),
  );
  return {
    dataspace,
    datatype,
    layout,
    filters: filters.map(named),
    fill: fillOf(messages, layout),
    externalFiles: external === undefined ? undefined : namedFiles(source, external, context),
    chunks: undefined,
  };
}

function named(filter: FilterInfo): FilterInfo {
  return Object.freeze({ ...filter, name: filterName(filter.id, filter.name) });
}

/** What must hold between the messages of a dataset before anything is computed from them. */
function checkLayout(address: number, layout: DataLayout, dataspace: Dataspace, datatype: Datatype): void {
  if (layout.kind !== "chunked") return;
  const where = { structure: "data layout message", address };
  const rank = dataspace.kind === "simple" ? dataspace.shape.length : 0;
  if (layout.chunkShape.length !== rank) {
    throw new Hdf5FormatError(where, `has chunks of rank ${layout.chunkShape.length}, the dataspace has rank ${rank}`);
  }
  if (layout.elementSize !== datatype.size) {
    throw new Hdf5FormatError(where, `has elements of ${layout.elementSize} bytes, the datatype ${datatype.size}`);
  }
  const bytes = product(layout.chunkShape) * layout.elementSize;
  if (layout.chunkShape.some((length) => length < 1) || !Number.isSafeInteger(bytes)) {
    throw new Hdf5FormatError(where, `has chunks of ${layout.chunkShape.join(" × ")} elements`);
  }
}

/** H5Dint.c: H5D__open_oid; without a message the times depend on the layout. */
function fillOf(messages: Messages, layout: DataLayout): FillValue {
  const fill = messages.decode(MESSAGE.fillValue, (cur) => decodeFillValue(cur));
  if (fill !== undefined) return fill;
  const old = messages.decode(MESSAGE.oldFillValue, (cur) => decodeOldFillValue(cur));
  const allocTime = { compact: "early", contiguous: "late", chunked: "incremental", virtual: "incremental" } as const;
  const bytes = old?.bytes;
  return {
    status: bytes === undefined ? "undefined" : "user",
    writeTime: "ifset",
    allocTime: allocTime[layout.kind],
    bytes,
  };
}

function namedFiles(source: ByteSource, message: ExternalFiles, context: FormatContext): DatasetState["externalFiles"] {
  const heap = readLocalHeap(source, message.heapAddress, context);
  const decoder = new TextDecoder();
  return message.slots.map(({ nameOffset, offset, size }) =>
    Object.freeze({ file: decoder.decode(heap.name(nameOffset)), offset, size }),
  );
}

/** The messages of one header by type; those shared with other headers are looked up. */
class Messages {
  readonly source: ByteSource;
  readonly file: FileState;
  readonly header: ObjectHeader;

  constructor(source: ByteSource, file: FileState, header: ObjectHeader) {
    this.source = source;
    this.file = file;
    this.header = header;
  }

  /** The first message of a type; undefined: there is none. */
  decode<T>(type: number, decode: (cur: Cursor, committed: number | undefined) => T): T | undefined {
    const message = this.header.messages.find((candidate) => candidate.type === type);
    return message === undefined ? undefined : this.#decode(message, decode);
  }

  required<T>(type: number, name: string, decode: (cur: Cursor) => T): T {
    const value = this.decode(type, decode);
    if (value !== undefined) return value;
    throw new Hdf5FormatError({ structure: HEADER, address: this.header.address }, `holds no ${name} message`);
  }

  datatype(): Datatype {
    const { limits } = this.file;
    const datatype = this.decode(MESSAGE.datatype, (cur, committed) => {
      const decoded = decodeDatatype(cur, limits);
      if (committed === undefined) return decoded;
      const reference = Object.freeze({ kind: "object-reference" as const, address: committed, file: undefined });
      return Object.freeze({ ...decoded, committed: reference });
    });
    if (datatype !== undefined) return datatype;
    throw new Hdf5FormatError({ structure: HEADER, address: this.header.address }, "holds no datatype message");
  }

  #decode<T>(message: HeaderMessage, decode: (cur: Cursor, committed: number | undefined) => T): T {
    const cur = messageCursor(message, messageName(message.type));
    if ((message.flags & SHARED) === 0) return decode(cur, undefined);
    const shared = decodeSharedMessage(cur, this.file.context);
    const { cursor, committed } = sharedResolver(this.source, this.file)(shared, message.type);
    return decode(cursor, committed);
  }
}

const MESSAGE_NAMES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map(
  Object.entries(MESSAGE).map(([name, type]) => [
    type,
    `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} message`,
  ]),
);

/** How errors call a message. */
function messageName(type: number): string {
  return MESSAGE_NAMES.get(type) ?? `message of type ${type}`;
}
