/**
 * Object header: the messages that describe one object, in a first block and any number of continuation blocks.
 * Spec: IV.A.1. Reads and writes versions 1 and 2.
 *
 *   version 1:  version u8 | reserved | messages u16 | reference count u32 | size of chunk 0 u32 | reserved 4 | messages
 *     message:  type u16 | size u16, a multiple of 8 | flags u8 | reserved 3 | body;  a continuation block has messages only
 *   version 2:  "OHDR" | version u8 | flags u8 | [access, modification, change, birth time u32 × 4 (flag 5)]
 *     | [maximum compact, minimum dense attributes u16 × 2 (flag 4)] | size of chunk 0 (1 << flags 0–1 bytes)
 *     | messages | [gap] | checksum u32
 *     message:  type u8 | size u16 | flags u8 | [creation index u16 (flag 2)] | body
 *     continuation block:  "OCHK" | messages | [gap] | checksum u32
 *   A gap is fewer bytes than a message header has.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import { Cursor } from "../bytes/cursor.js";
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5FormatError, Hdf5LimitError, Hdf5UnsupportedError, Hdf5UsageError } from "../errors.js";
import type { ByteSource } from "./byte-source.js";
import type { FormatContext } from "./context.js";
import { type Continuation, decodeContinuation } from "./messages/continuation.js";
import { isKnownMessage, MESSAGE, MESSAGE_FLAG } from "./messages/message-types.js";
import { decodeReferenceCount } from "./messages/reference-count.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "./metadata-checksum.js";

const STRUCTURE = "object header";
const CONTINUATION = "object header continuation block";
const SIGNATURE = "OHDR"; // H5O_HDR_MAGIC
const CONTINUATION_SIGNATURE = "OCHK"; // H5O_CHK_MAGIC
/** Most headers are whole within their first bytes. */
const FIRST_READ = 512; // H5O_SPEC_READ_SIZE
const PREFIX_1 = 16;
/** Signature, version, flags. */
const FIXED_PREFIX_2 = 6;
const MAX_BODY = 0xffff;
/** Version 1: a multiple of 8. */
const MAX_BODY_1 = 0xfff8;
const MESSAGE_HEADER_1 = 8;

const CHUNK_SIZE_WIDTH = 0x03; // H5O_HDR_CHUNK0_SIZE
const ORDER_TRACKED = 0x04; // H5O_HDR_ATTR_CRT_ORDER_TRACKED
const ORDER_INDEXED = 0x08; // H5O_HDR_ATTR_CRT_ORDER_INDEXED
const HAS_PHASE_CHANGE = 0x10; // H5O_HDR_ATTR_STORE_PHASE_CHANGE
const HAS_TIMES = 0x20; // H5O_HDR_STORE_TIMES
const DEFINED_FLAGS = 0x3f; // H5O_HDR_ALL_FLAGS

/** One message of a header, undecoded. */
export interface HeaderMessage {
  readonly type: number;
  readonly flags: number;
  /** Creation index of an attribute; absent where the header keeps none. */
  readonly creationIndex: number | undefined;
  /** A view that must not be changed. */
  readonly body: Uint8Array;
  /** Of the body, relative to the base address. */
  readonly address: number;
  /** Number of the chunk it lies in. */
  readonly chunk: number;
}

/** Seconds since 1970. */
export interface ObjectTimes {
  readonly access: number;
  readonly modification: number;
  readonly change: number;
  readonly birth: number;
}

/** When attributes move from the header to a heap, and back. */
export interface AttributePhaseChange {
  readonly maxCompact: number;
  readonly minDense: number;
}

/** A header with all its continuation blocks. */
export interface ObjectHeader {
  readonly version: 1 | 2;
  readonly address: number;
  /** Version 2; 0 in version 1. */
  readonly flags: number;
  /** Hard links to the object. */
  readonly referenceCount: number;
  readonly times?: ObjectTimes | undefined;
  readonly attributePhaseChange?: AttributePhaseChange | undefined;
  /** Whole blocks, with prefix, signature and checksum; [0] is chunk 0. */
  readonly chunks: readonly { readonly address: number; readonly length: number }[];
  /** In the order of the chunks, without NIL and continuation messages. */
  readonly messages: readonly HeaderMessage[];
  /** Holds a message of a type unknown to this library that forbids writing then. */
  readonly failIfUnknownWhenWriting: boolean;
}

/** Options of reading. */
export interface ReadHeaderOptions {
  /** Absent: true. */
  readonly verifyChecksums?: boolean | undefined;
}

/** What stands before the messages of chunk 0. */
interface Prefix {
  readonly version: 1 | 2;
  readonly flags: number;
  readonly referenceCount: number;
  readonly times: ObjectTimes | undefined;
  readonly attributePhaseChange: AttributePhaseChange | undefined;
  /** Bytes of the prefix. */
  readonly size: number;
  /** Bytes of the whole of chunk 0. */
  readonly chunkLength: number;
}

/** The messages of one chunk. */
interface Chunk {
  readonly messages: readonly Omit<HeaderMessage, "chunk">[];
  readonly continuations: readonly Continuation[];
}

/**
 * The header at an address, with all its continuation blocks.
 * Round trips: 1, and 1 per level of continuation blocks, and 1 when chunk 0 is larger than 512 bytes.
 * @throws Hdf5FormatError when a block or message is damaged, or blocks overlap or form a cycle; Hdf5LimitError beyond
 *   `headerChunks`; Hdf5UnsupportedError for an unknown message that demands to be known.
 */
export function readObjectHeader(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  limits: { readonly headerChunks: number },
  options: ReadHeaderOptions = {},
): ObjectHeader {
  const verify = options.verifyChecksums ?? true;
  const prefix = decodePrefix(source.readUpTo(address, FIRST_READ, STRUCTURE));
  const first: Continuation = { address, length: prefix.chunkLength };
  const chunks = [first];
  const messages: HeaderMessage[] = [];
  for (let number = 0, loaded = 1; number < chunks.length; number++) {
    if (number === loaded) {
      // All blocks found so far and not yet read, in one round trip.
      source.need(chunks.slice(loaded));
      loaded = chunks.length;
    }
    const chunk = chunks[number] as Continuation; // below the length
    const kind = number === 0 ? STRUCTURE : CONTINUATION;
    // The form of the header is part of the key: another one may claim the same block.
    const key = `${kind} ${prefix.version} ${prefix.flags} ${chunk.length}`;
    const { messages: found, continuations } = source.memo(key, chunk.address, () => {
      const cur = source.read(chunk.address, chunk.length, kind);
      return decodeChunk(cur, prefix, ctx, number === 0, verify);
    });
    for (const { type, flags, creationIndex, body, address: at } of found) {
      messages.push({ type, flags, creationIndex, body, address: at, chunk: number });
    }
    for (const next of continuations) addChunk(chunks, next, limits.headerChunks);
  }
  const { version, flags, times, attributePhaseChange } = prefix;
  const failIfUnknownWhenWriting = messages.some(
    (message) => !isKnownMessage(message.type) && (message.flags & MESSAGE_FLAG.failIfUnknownWhenWriting) !== 0,
  );
  const referenceCount = referenceCountOf(messages, version) ?? prefix.referenceCount;
  return {
    version,
    address,
    flags,
    referenceCount,
    times,
    attributePhaseChange,
    chunks,
    messages,
    failIfUnknownWhenWriting,
  };
}

/** A cursor over a message's body. @param structure its name, for errors */
export function messageCursor(message: HeaderMessage, structure: string): Cursor {
  return new Cursor(message.body, structure, message.address);
}

function addChunk(chunks: Continuation[], next: Continuation, allowed: number): void {
  if (chunks.length >= allowed)
    throw new Hdf5LimitError("headerChunks", chunks.length + 1, allowed, "object header blocks");
  const overlaps = chunks.some(
    ({ address, length }) => next.address < address + length && address < next.address + next.length,
  );
  if (overlaps) {
    throw new Hdf5FormatError(
      { structure: CONTINUATION, address: next.address },
      "overlaps another block of its header",
    );
  }
  chunks.push(next);
}

function referenceCountOf(messages: readonly HeaderMessage[], version: number): number | undefined {
  const message = messages.find(({ type }) => type === MESSAGE.referenceCount);
  if (message === undefined) return undefined;
  const cur = messageCursor(message, "reference count message");
  if (version === 1) cur.fail(undefined, "stands in a version-1 object header");
  return decodeReferenceCount(cur);
}

function decodePrefix(cur: Cursor): Prefix {
  return cur.bytes[0] === SIGNATURE.charCodeAt(0) ? decodePrefix2(cur) : decodePrefix1(cur);
}

function decodePrefix1(cur: Cursor): Prefix {
  const version = cur.u8("version");
  if (version !== 1) cur.fail("version", `is ${version}, expected 1 or 2`);
  const count = cur.skip(1).u16("number of messages");
  const referenceCount = cur.u32("reference count");
  const size = cur.u32("object header size");
  cur.skip(4);
  // Beyond this the count means nothing: old libraries stored wrong ones (H5Oint.c: H5O_protect).
  if (count > 0 ? size < 8 : size > 0) cur.fail("object header size", `is ${size} for ${count} messages`);
  const chunkLength = PREFIX_1 + size;
  return {
    version: 1,
    flags: 0,
    referenceCount,
    times: undefined,
    attributePhaseChange: undefined,
    size: PREFIX_1,
    chunkLength,
  };
}

function decodePrefix2(cur: Cursor): Prefix {
  cur.signature(SIGNATURE);
  const version = cur.u8("version");
  if (version !== 2) cur.fail("version", `is ${version}, expected 2`);
  const flags = cur.u8("flags");
  if ((flags & ~DEFINED_FLAGS) !== 0) cur.fail("flags", `are ${flags}, bits 6 and 7 are not defined`);
  const times =
    (flags & HAS_TIMES) === 0
      ? undefined
      : {
          access: cur.u32("access time"),
          modification: cur.u32("modification time"),
          change: cur.u32("change time"),
          birth: cur.u32("birth time"),
        };
  const attributePhaseChange =
    (flags & HAS_PHASE_CHANGE) === 0
      ? undefined
      : { maxCompact: cur.u16("maximum compact attributes"), minDense: cur.u16("minimum dense attributes") };
  if (attributePhaseChange !== undefined && attributePhaseChange.maxCompact < attributePhaseChange.minDense) {
    cur.fail("minimum dense attributes", `are ${attributePhaseChange.minDense}, above the maximum compact ones`);
  }
  const messageBytes = cur.uint(2 ** (flags & CHUNK_SIZE_WIDTH), "size of chunk 0");
  if (messageBytes > 0 && messageBytes < messageHeaderSize(flags)) cur.fail("size of chunk 0", `is ${messageBytes}`);
  const size = cur.position;
  const chunkLength = size + messageBytes + CHECKSUM_SIZE;
  return { version: 2, flags, referenceCount: 1, times, attributePhaseChange, size, chunkLength };
}

/** Bytes of a version-2 message header. */
function messageHeaderSize(flags: number): number {
  return (flags & ORDER_TRACKED) === 0 ? 4 : 6;
}

function decodeChunk(cur: Cursor, prefix: Prefix, ctx: FormatContext, isFirst: boolean, verify: boolean): Chunk {
  let end = cur.length;
  if (prefix.version === 2) {
    end -= CHECKSUM_SIZE;
    if (end < 4) cur.fail(undefined, `of ${cur.length} bytes is too short`);
    if (!isFirst) cur.signature(CONTINUATION_SIGNATURE);
    if (verify) verifyMetadataChecksum(cur, end);
  }
  if (isFirst) cur.seek(prefix.size);
  const header = prefix.version === 1 ? MESSAGE_HEADER_1 : messageHeaderSize(prefix.flags);
  const messages: Chunk["messages"][number][] = [];
  const continuations: Continuation[] = [];
  while (end - cur.position >= header) {
    const message = decodeMessage(cur, prefix, end);
    if (message.type === MESSAGE.nil) continue;
    if (message.type === MESSAGE.continuation) {
      continuations.push(decodeContinuation(new Cursor(message.body, "continuation message", message.address), ctx));
    } else {
      messages.push(message);
    }
  }
  // Only version 2 has gaps.
  if (prefix.version === 1 && cur.position < end)
    cur.fail(undefined, `ends with ${end - cur.position} bytes beyond its messages`);
  return { messages, continuations };
}

function decodeMessage(cur: Cursor, prefix: Prefix, end: number): Chunk["messages"][number] {
  const type = prefix.version === 1 ? cur.u16("message type") : cur.u8("message type");
  const size = cur.u16("message size");
  if (prefix.version === 1 && size % 8 !== 0) cur.fail("message size", `is ${size}, expected a multiple of 8`);
  const flags = cur.u8("message flags");
  checkFlags(cur, flags);
  if (prefix.version === 1) cur.skip(3);
  const hasIndex = (prefix.flags & ORDER_TRACKED) !== 0;
  const creationIndex = hasIndex ? cur.u16("creation index") : undefined;
  if (size > end - cur.position) cur.fail("message size", `is ${size}, ${end - cur.position} bytes are left`);
  const address = (cur.address as number) + cur.position; // cursors of a source know their address
  if (!isKnownMessage(type) && (flags & MESSAGE_FLAG.failIfUnknown) !== 0) {
    throw new Hdf5UnsupportedError(`header message of type ${type}, which must not be ignored`);
  }
  return { type, flags, creationIndex, body: cur.take(size), address };
}

/** As libhdf5: H5Ocache.c, H5O__chunk_deserialize. */
function checkFlags(cur: Cursor, flags: number): void {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const contradict =
    (has(MESSAGE_FLAG.shared) && has(MESSAGE_FLAG.doNotShare)) ||
    (has(MESSAGE_FLAG.wasUnknown) && (has(MESSAGE_FLAG.failIfUnknownWhenWriting) || !has(MESSAGE_FLAG.markIfUnknown)));
  if (contradict) cur.fail("message flags", `are ${flags}, which contradict each other`);
}

/** A message to be written. */
export interface EncodedMessage {
  readonly type: number;
  readonly flags: number;
  /** Written where the header tracks attribute order; absent: 0. */
  readonly creationIndex?: number | undefined;
  readonly body: Uint8Array;
}

/** What of a header's form decides how its messages are written. */
export interface BlockOptions {
  /** Absent: 2. */
  readonly version?: 1 | 2 | undefined;
  /** The header keeps creation indexes of attributes. Version 2 only. */
  readonly trackOrder: boolean;
}

/** Options of chunk 0. */
export interface HeaderBlock0Options extends BlockOptions {
  /** There is, or shall be, an index of attributes by creation order. Needs `trackOrder`. */
  readonly indexOrder?: boolean | undefined;
  /** A header whose times and phase change values are kept. */
  readonly existing?: Pick<ObjectHeader, "times" | "attributePhaseChange"> | undefined;
  /** Version 1: hard links to the object, and messages in continuation blocks. */
  readonly linkCount?: number | undefined;
  readonly messagesElsewhere?: number | undefined;
}

/** Bytes of a message with its header. */
export function messageSize(message: { readonly body: Uint8Array }, options: BlockOptions): number {
  if (options.version === 1) return MESSAGE_HEADER_1 + Math.ceil(message.body.length / 8) * 8;
  return (options.trackOrder ? 6 : 4) + message.body.length;
}

/**
 * Chunk 0 of a header, exactly `size` bytes; what the messages leave is one NIL message (several beyond 64 KiB).
 * In version 2 the field for its size is as narrow as can be.
 * @throws Hdf5UsageError when the messages do not fit, or leave a rest too small for a NIL message beside one.
 */
export function encodeHeaderBlock0(
  messages: readonly EncodedMessage[],
  size: number,
  options: HeaderBlock0Options,
): Bytes {
  if (options.version === 1) return encodeBlock0Version1(messages, size, options);
  const { times, attributePhaseChange } = options.existing ?? {};
  const prefix = FIXED_PREFIX_2 + (times === undefined ? 0 : 16) + (attributePhaseChange === undefined ? 0 : 4);
  const widthBits = [0, 1, 2].find((bits) => size - prefix - 2 ** bits - CHECKSUM_SIZE < 256 ** (2 ** bits)) ?? 3;
  const messageBytes = size - prefix - 2 ** widthBits - CHECKSUM_SIZE;
  if (messageBytes < 0) throw new Hdf5UsageError("size", `is ${size}`, "room for the prefix of an object header");
  return ByteWriter.encoded((out) => {
    out.ascii(SIGNATURE).u8(2);
    out.u8(
      widthBits |
        (options.trackOrder ? ORDER_TRACKED : 0) |
        (options.trackOrder && options.indexOrder === true ? ORDER_INDEXED : 0) |
        (attributePhaseChange === undefined ? 0 : HAS_PHASE_CHANGE) |
        (times === undefined ? 0 : HAS_TIMES),
    );
    if (times !== undefined) out.u32(times.access).u32(times.modification).u32(times.change).u32(times.birth);
    if (attributePhaseChange !== undefined) out.u16(attributePhaseChange.maxCompact).u16(attributePhaseChange.minDense);
    out.uint(messageBytes, 2 ** widthBits);
    encodeMessages(out, messages, size, options);
  });
}

function encodeBlock0Version1(messages: readonly EncodedMessage[], size: number, options: HeaderBlock0Options): Bytes {
  const { linkCount = 1, messagesElsewhere = 0 } = options;
  const { bytes, count } = encodeMessages1(messages, size - PREFIX_1);
  const out = new ByteWriter(size);
  out
    .u8(1)
    .u8(0)
    .u16(count + messagesElsewhere)
    .u32(linkCount)
    .u32(size - PREFIX_1)
    .zeros(4);
  return out.put(bytes).bytes();
}

function encodeMessages1(
  messages: readonly EncodedMessage[],
  size: number,
): { readonly bytes: Bytes; readonly count: number } {
  const out = new ByteWriter(size);
  let count = 0;
  const put = ({ type, flags, body }: EncodedMessage): void => {
    encodeMessage1(out, type, flags, body);
    count++;
  };
  for (const message of messages) put(message);
  if (out.length > size || (size - out.length) % 8 !== 0) {
    throw new Hdf5UsageError("messages", `take ${out.length} bytes`, `at most ${size}, the rest a multiple of 8`);
  }
  while (out.length < size) {
    const body = new Uint8Array(Math.min(size - out.length - MESSAGE_HEADER_1, MAX_BODY_1));
    put({ type: MESSAGE.nil, flags: 0, body });
  }
  return { bytes: out.bytes(), count };
}

/** In version 1 the body is padded to a multiple of 8. */
function encodeMessage1(out: ByteWriter, type: number, flags: number, body: Uint8Array): void {
  const length = Math.ceil(body.length / 8) * 8;
  if (length > MAX_BODY_1) throw new Hdf5UsageError("message", `takes ${body.length} bytes`, `at most ${MAX_BODY_1}`);
  out.u16(type).u16(length).u8(flags).zeros(3);
  out.put(body).zeros(length - body.length);
}

/** A continuation block, exactly `size` bytes; a rest is filled as in chunk 0. */
export function encodeContinuationBlock(
  messages: readonly EncodedMessage[],
  size: number,
  options: BlockOptions,
): Bytes {
  if (options.version === 1) return encodeMessages1(messages, size).bytes;
  return ByteWriter.encoded((out) => encodeMessages(out.ascii(CONTINUATION_SIGNATURE), messages, size, options));
}

function encodeMessages(
  out: ByteWriter,
  messages: readonly EncodedMessage[],
  size: number,
  options: BlockOptions,
): void {
  for (const message of messages) encodeMessage(out, message, options);
  let rest = size - CHECKSUM_SIZE - out.length;
  if (rest < 0) throw new Hdf5UsageError("messages", `take ${-rest} bytes too many`, `at most ${size} bytes in all`);
  const header = options.trackOrder ? 6 : 4;
  while (rest >= header) {
    let body = Math.min(rest - header, MAX_BODY);
    // Leave room for one more header, rather than a gap, which must not stand beside a NIL message.
    const left = rest - header - body;
    if (left > 0 && left < header) body -= header;
    encodeMessage(out, { type: MESSAGE.nil, flags: 0, body: new Uint8Array(body) }, options);
    rest = size - CHECKSUM_SIZE - out.length;
  }
  if (rest > 0 && messages.some(({ type }) => type === MESSAGE.nil)) {
    throw new Hdf5UsageError(
      "messages",
      `leave a gap of ${rest} bytes beside a NIL message`,
      "none, or no NIL message",
    );
  }
  out.zeros(rest);
  out.u32(lookup3(out.written()));
}

/** A message with its header. */
export function encodeMessage(out: ByteWriter, message: EncodedMessage, options: BlockOptions): void {
  const { type, flags, creationIndex, body } = message;
  if (options.version === 1) {
    encodeMessage1(out, type, flags, body);
    return;
  }
  if (body.length > MAX_BODY) throw new Hdf5UsageError("message", `takes ${body.length} bytes`, `at most ${MAX_BODY}`);
  out.u8(type).u16(body.length).u8(flags);
  if (options.trackOrder) out.u16(creationIndex ?? 0);
  out.put(body);
}
