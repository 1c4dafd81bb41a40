/** Headers and messages of files that libhdf5 1.10.8 wrote: read as its own queries say, and encoded to the same bytes. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/bytes/byte-writer.js";
import type { Cursor } from "../../../src/bytes/cursor.js";
import { readAttributes } from "../../../src/format/attributes.js";
import type { FormatContext } from "../../../src/format/context.js";
import { readLinks } from "../../../src/format/group-links.js";
import { encodeAttribute } from "../../../src/format/messages/attribute-encode.js";
import { decodeAttributeInfo, encodeAttributeInfo } from "../../../src/format/messages/attribute-info.js";
import { decodeDataLayout } from "../../../src/format/messages/data-layout.js";
import { encodeDataLayout } from "../../../src/format/messages/data-layout-encode.js";
import { decodeDataspace, encodeDataspace } from "../../../src/format/messages/dataspace.js";
import { type Datatype, decodeDatatype } from "../../../src/format/messages/datatype.js";
import { encodeDatatype } from "../../../src/format/messages/datatype-encode.js";
import { decodeExternalFiles } from "../../../src/format/messages/external-files.js";
import { decodeFillValue, encodeFillValue } from "../../../src/format/messages/fill-value.js";
import { decodeFilterPipeline, encodeFilterPipeline } from "../../../src/format/messages/filter-pipeline.js";
import { decodeGroupInfo, encodeGroupInfo } from "../../../src/format/messages/group-info.js";
import { decodeLink, encodeLink, type LinkMessage } from "../../../src/format/messages/link.js";
import { decodeLinkInfo, encodeLinkInfo } from "../../../src/format/messages/link-info.js";
import { MESSAGE, MESSAGE_FLAG } from "../../../src/format/messages/message-types.js";
import { decodeModificationTime, encodeModificationTime } from "../../../src/format/messages/modification-time.js";
import { decodeObjectComment, encodeObjectComment } from "../../../src/format/messages/object-comment.js";
import { decodeReferenceCount, encodeReferenceCount } from "../../../src/format/messages/reference-count.js";
import {
  decodeSharedMessage,
  encodeSharedMessage,
  type SharedResolver,
} from "../../../src/format/messages/shared-message.js";
import {
  encodeContinuationBlock,
  encodeHeaderBlock0,
  type HeaderMessage,
  messageCursor,
  type ObjectHeader,
  readObjectHeader,
} from "../../../src/format/object-header.js";
import { decodeSuperblock, encodeSuperblock } from "../../../src/format/superblock.js";
import { memorySource, settleSync } from "../memory-source.js";

interface ExpectedSpace {
  readonly kind: "null" | "scalar" | "simple";
  readonly shape?: readonly number[];
  readonly maxShape?: readonly (number | "Infinity")[];
}

interface Expected {
  readonly types: Readonly<Record<string, Datatype>>;
  readonly attributes: Readonly<Record<string, { readonly type: string | null; readonly space: ExpectedSpace }>>;
  readonly datasets: Readonly<
    Record<
      string,
      {
        readonly layout: string;
        readonly chunkShape?: readonly number[];
        readonly fill?: readonly [status: string, writeTime: string, allocTime: string, bytes?: string];
        readonly filters?: readonly (readonly [
          id: number,
          optional: boolean,
          values: readonly number[],
          name?: string,
        ])[];
        readonly external?: readonly (readonly [offset: number, size: number])[];
      }
    >
  >;
  readonly links: Readonly<Record<string, Partial<LinkMessage>>>;
}

const FOLDER = new URL("../../corpus/messages/", import.meta.url);
const LIMITS = { headerChunks: 16, treeDepth: 64, datatypeDepth: 32 };
const EXPECTED: Expected = JSON.parse(readFileSync(new URL("expected.json", FOLDER), "utf8"));

/** One of the files: its headers by path, and how shared messages are found. */
class Fixture {
  readonly bytes: Uint8Array;
  readonly context: FormatContext;
  readonly root: ObjectHeader;
  readonly shared: SharedResolver = (message, type) => {
    if (message.kind !== "committed") throw new Error("no fixture has a heap of messages");
    const found = this.header(message.address).messages.find((one) => one.type === type) as HeaderMessage;
    return { cursor: messageCursor(found, "shared message"), committed: message.address };
  };

  constructor(name: string) {
    this.bytes = new Uint8Array(readFileSync(new URL(name, FOLDER)));
    const source = memorySource(this.bytes);
    const superblock = decodeSuperblock(source.readUpTo(0, 256, "superblock"), 0);
    this.context = { ...superblock, chunkInternalK: 32 };
    this.root = this.header(superblock.rootAddress);
  }

  header(address: number): ObjectHeader {
    return this.walk((source) => readObjectHeader(source, address, this.context, LIMITS));
  }

  walk<T>(step: (source: Parameters<Parameters<typeof settleSync<T>>[1]>[0]) => T): T {
    return settleSync(memorySource(this.bytes), step).value;
  }

  links(header: ObjectHeader): readonly LinkMessage[] {
    return this.walk((source) => readLinks(source, header, this.context, LIMITS)).links;
  }

  /** The header of an object by its path. */
  at(...path: readonly string[]): ObjectHeader {
    return path.reduce((header, name) => {
      const link = this.links(header).find((one) => one.name === name);
      if (link?.kind !== "hard") throw new Error(`no ${name}`);
      return this.header(link.address);
    }, this.root);
  }

  /** All headers below the root, the root's first. */
  *headers(header: ObjectHeader = this.root, seen: Set<number> = new Set()): Generator<ObjectHeader> {
    if (seen.has(header.address)) return;
    seen.add(header.address);
    yield header;
    for (const link of this.links(header))
      if (link.kind === "hard") yield* this.headers(this.header(link.address), seen);
  }

  attributes(header: ObjectHeader) {
    return this.walk((source) => readAttributes(source, header, this.context, LIMITS, this.shared)).slots;
  }
}

function cursorOf(header: ObjectHeader, type: number): Cursor {
  const message = header.messages.find((one) => one.type === type);
  if (message === undefined) throw new Error(`no message of type ${type}`);
  return messageCursor(message, "message");
}

const FILES = ["earliest.h5", "v108.h5", "v110.h5"] as const;

describe.each(FILES)("%s", (name) => {
  const file = new Fixture(name);

  test.each(Object.entries(EXPECTED.types))("the datatype %s is what the library says", (typeName, expected) => {
    const cur = cursorOf(file.at("types", typeName), MESSAGE.datatype);
    const shown = JSON.parse(JSON.stringify(decodeDatatype(cur), (_, v) => (typeof v === "bigint" ? Number(v) : v)));
    expect(shown).toEqual(expected);
  });

  test("attributes have the types and dataspaces that the library says", () => {
    const slots = file.attributes(file.at("attributes"));
    expect(slots.map((slot) => slot.name).sort()).toEqual(Object.keys(EXPECTED.attributes).sort());
    for (const slot of slots) {
      if ("error" in slot) throw slot.error;
      const { type, space } = EXPECTED.attributes[slot.name] as { type: string | null; space: ExpectedSpace };
      const maxShape = space.maxShape?.map((n) => (n === "Infinity" ? Number.POSITIVE_INFINITY : n));
      expect(slot.dataspace).toEqual(maxShape === undefined ? space : { ...space, maxShape });
      if (type !== null) expect(slot.datatype).toEqual(EXPECTED.types[type]);
    }
  });

  test("an attribute of a committed type names the object that holds the type", () => {
    const slots = file.attributes(file.at("few"));
    const slot = slots.find((one) => one.name === "committed");
    if (slot === undefined || "error" in slot) throw new Error("cannot be read");
    const link = file.links(file.at("types")).find((one) => one.name === "compound");
    expect(slot.datatype.committed).toEqual({
      kind: "object-reference",
      address: link?.kind === "hard" ? link.address : undefined,
      file: undefined,
    });
    expect(slot.data.length).toBe(24);
    const comment = decodeObjectComment(cursorOf(file.at("few"), MESSAGE.objectComment));
    expect(comment).toEqual(new TextEncoder().encode("a comment"));
  });

  test.each(Object.entries(EXPECTED.datasets))("the dataset %s is laid out as asked for", (datasetName, expected) => {
    const header = file.at(datasetName);
    const layout = decodeDataLayout(cursorOf(header, MESSAGE.dataLayout), file.context);
    expect(layout.kind).toBe(expected.layout);
    if (layout.kind === "chunked") expect([layout.chunkShape, layout.elementSize]).toEqual([expected.chunkShape, 4]);
    if (layout.kind === "compact") expect(layout.data[4]).toBe(1);
    if (expected.fill !== undefined) {
      const { status, writeTime, allocTime, bytes } = decodeFillValue(cursorOf(header, MESSAGE.fillValue));
      const shown = [
        status,
        writeTime,
        allocTime,
        ...(bytes === undefined ? [] : [Buffer.from(bytes).toString("hex")]),
      ];
      expect(shown).toEqual(expected.fill);
    }
    if (expected.filters !== undefined) {
      const filters = decodeFilterPipeline(cursorOf(header, MESSAGE.filterPipeline));
      expect(filters.map(({ id, optional, values }) => [id, optional, values])).toEqual(
        expected.filters.map((filter) => filter.slice(0, 3)),
      );
      // The core's filters are named in version 1 only.
      const named = filters.map((filter) => filter.name);
      expect(named.at(-1)).toBe(expected.filters.at(-1)?.[3] ?? (name === "earliest.h5" ? "fletcher32" : undefined));
    }
    if (expected.external !== undefined) {
      const { slots } = decodeExternalFiles(cursorOf(header, MESSAGE.externalFiles), file.context);
      expect(slots.map(({ offset, size }) => [offset, size])).toEqual(expected.external);
    }
  });

  test("links have the kinds, targets and order that were asked for", () => {
    const links = file.links(file.at("links"));
    expect(links.map((link) => link.name).sort()).toEqual(Object.keys(EXPECTED.links).sort());
    for (const link of links) expect(link).toMatchObject(EXPECTED.links[link.name] ?? {});
  });

  test("a superblock is encoded to the bytes it came from", () => {
    const out = new ByteWriter();
    encodeSuperblock(out, decodeSuperblock(memorySource(file.bytes).readUpTo(0, 256, "superblock"), 0));
    expect(out.bytes()).toEqual(file.bytes.subarray(0, out.length));
  });
});

/** Decode a message and encode it again; undefined: a type that is not written. */
function again(file: Fixture, message: HeaderMessage): Uint8Array | undefined {
  const { context } = file;
  const out = new ByteWriter();
  const cur = messageCursor(message, "message");
  if ((message.flags & MESSAGE_FLAG.shared) !== 0) {
    encodeSharedMessage(out, decodeSharedMessage(cur, context), context);
    return out.bytes();
  }
  switch (message.type) {
    case MESSAGE.dataspace:
      encodeDataspace(out, decodeDataspace(cur, context), context);
      break;
    case MESSAGE.linkInfo:
      encodeLinkInfo(out, decodeLinkInfo(cur, context), context);
      break;
    case MESSAGE.datatype:
      encodeDatatype(out, decodeDatatype(cur));
      break;
    case MESSAGE.fillValue:
      encodeFillValue(out, decodeFillValue(cur));
      break;
    case MESSAGE.link:
      encodeLink(out, decodeLink(cur, context), context);
      break;
    case MESSAGE.externalFiles:
      return undefined; // more slots allocated than used, which is not written
    case MESSAGE.dataLayout:
      encodeDataLayout(out, decodeDataLayout(cur, context), context);
      break;
    case MESSAGE.groupInfo:
      encodeGroupInfo(out, decodeGroupInfo(cur));
      break;
    case MESSAGE.filterPipeline:
      encodeFilterPipeline(out, decodeFilterPipeline(cur));
      break;
    case MESSAGE.attribute: {
      const slot = file.attributes({ ...file.root, messages: [message] })[0];
      if (slot === undefined || "error" in slot) throw new Error("cannot be read");
      encodeAttribute(out, slot, context);
      break;
    }
    case MESSAGE.objectComment:
      encodeObjectComment(out, decodeObjectComment(cur));
      break;
    case MESSAGE.modificationTime:
      encodeModificationTime(out, decodeModificationTime(cur));
      break;
    case MESSAGE.referenceCount:
      encodeReferenceCount(out, decodeReferenceCount(cur));
      break;
    case MESSAGE.attributeInfo:
      encodeAttributeInfo(out, decodeAttributeInfo(cur, context), context);
      break;
    default:
      throw new Error(`a message of type ${message.type} is not expected here`);
  }
  return out.bytes();
}

describe.each(["v108.h5", "v110.h5"])("what we write for %s is what libhdf5 wrote", (name) => {
  const file = new Fixture(name);

  test("messages of every header", () => {
    const seen = new Set<number>();
    for (const header of file.headers()) {
      expect(header.version).toBe(2);
      for (const message of header.messages) {
        const encoded = again(file, message);
        if (encoded === undefined) continue;
        expect([header.address, message.type, encoded]).toEqual([header.address, message.type, message.body]);
        seen.add(message.type);
      }
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([1, 2, 3, 5, 6, 8, 10, 11, 12, 13, 21, 22]);
  });

  test("header blocks, where nothing was deleted or moved", () => {
    let [whole, continued] = [0, 0];
    for (const header of file.headers()) {
      const trackOrder = (header.flags & 0x04) !== 0;
      const options = { trackOrder, indexOrder: (header.flags & 0x08) !== 0, existing: header };
      header.chunks.forEach((chunk, number) => {
        // A continuation message takes the place of one that was moved, wherever that stood.
        if (header.chunks[number + 1] !== undefined) return;
        const messages = header.messages.filter((message) => message.chunk === number);
        const ends = messages.map((message) => message.address + message.body.length + (trackOrder ? 6 : 4));
        if (messages.some((message, i) => i > 0 && message.address !== ends[i - 1])) return;
        const encode = number === 0 ? encodeHeaderBlock0 : encodeContinuationBlock;
        const stored = file.bytes.slice(chunk.address, chunk.address + chunk.length);
        expect([header.address, encode(messages, chunk.length, options)]).toEqual([header.address, stored]);
        if (number === 0) whole++;
        else continued++;
      });
    }
    expect(whole).toBeGreaterThan(30);
    expect(continued).toBeGreaterThan(0);
  });
});
