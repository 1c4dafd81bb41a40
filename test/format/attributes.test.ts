import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError, Hdf5TruncatedError } from "../../src/errors.js";
import { type DamagedAttribute, type ObjectAttributes, readAttributes } from "../../src/format/attributes.js";
import type { ByteSource } from "../../src/format/byte-source.js";
import type { Attribute } from "../../src/format/messages/attribute.js";
import { encodeAttribute } from "../../src/format/messages/attribute-encode.js";
import { encodeAttributeInfo } from "../../src/format/messages/attribute-info.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { encodeSharedMessage, type SharedResolver } from "../../src/format/messages/shared-message.js";
import type { HeaderMessage, ObjectHeader } from "../../src/format/object-header.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";
import { fixtureBytes, fixtureContext, fixtureObject } from "./walker-fixtures.js";

const LIMITS = { treeDepth: 64, datatypeDepth: 32 };
const CONTEXT = fixtureContext();
const NOTHING = new PagedSource(new Uint8Array(0), 64);
const noShared: SharedResolver = () => expect.unreachable("no message here is shared");

interface Message {
  readonly type: number;
  readonly body: Uint8Array;
  readonly flags?: number;
  readonly creationIndex?: number;
}

function headerOf(...messages: readonly Message[]): ObjectHeader {
  const all: HeaderMessage[] = messages.map((message, i) => ({
    flags: 0,
    creationIndex: undefined,
    ...message,
    address: 8 * i,
    chunk: 0,
  }));
  return {
    version: 2,
    address: 64,
    flags: 0,
    referenceCount: 1,
    chunks: [],
    messages: all,
    failIfUnknownWhenWriting: false,
  };
}

function attribute(name: string, value: number): Attribute {
  return {
    name,
    nameBytes: new TextEncoder().encode(name),
    charset: "ascii",
    datatype: { kind: "integer", size: 4, order: "le", precision: 32, offset: 0, padding: [0, 0], signed: true },
    dataspace: { kind: "scalar" },
    data: new Uint8Array(Int32Array.of(value).buffer),
    creationOrder: undefined,
  };
}

function bodyOf(value: Attribute): Uint8Array {
  const out = new ByteWriter();
  encodeAttribute(out, value, CONTEXT);
  return out.bytes();
}

function info(heapAddress: number | undefined, nameIndexAddress: number | undefined): Message {
  const out = new ByteWriter();
  const order = { trackOrder: false, indexOrder: false, maxCreationIndex: undefined, orderIndexAddress: undefined };
  encodeAttributeInfo(out, { ...order, heapAddress, nameIndexAddress }, CONTEXT);
  return { type: MESSAGE.attributeInfo, body: out.bytes() };
}

const read = (source: ByteSource, header: ObjectHeader, shared = noShared): ObjectAttributes =>
  readAttributes(source, header, CONTEXT, LIMITS, shared);

/** Name → values as 32-bit integers, or the error. */
function shown({ slots }: ObjectAttributes): Record<string, unknown> {
  const value = (slot: Attribute | DamagedAttribute): unknown => {
    if ("error" in slot) return slot.error.constructor;
    const { data, datatype } = slot;
    const integers = Array.from({ length: data.length / datatype.size }, (_, i) =>
      new DataView(data.buffer, data.byteOffset).getInt32(i * datatype.size, true),
    );
    return slot.dataspace.kind === "scalar" ? integers[0] : integers;
  };
  return Object.fromEntries(slots.map((slot) => [slot.name, value(slot)]));
}

describe("the attributes of an object", () => {
  test("may lie in its header, in the order stored, with their creation index where it is kept", () => {
    const header = headerOf(
      { type: MESSAGE.attribute, body: bodyOf(attribute("b", 2)), creationIndex: 1 },
      { type: MESSAGE.attribute, body: bodyOf(attribute("a", 1)) },
    );
    const { slots, info } = read(NOTHING, header);
    expect(slots).toEqual(
      [{ ...attribute("b", 2), creationOrder: 1 }, attribute("a", 1)].map((one) =>
        expect.objectContaining({ name: one.name, creationOrder: one.creationOrder }),
      ),
    );
    expect(shown({ slots, info })).toEqual({ b: 2, a: 1 });
    expect(info).toBeUndefined();
  });

  test("may be dense, huge ones among them, as h5py sees them: cold, warm and in memory, in 6 round trips at most", () => {
    const { "dense attributes": addresses = [0, 0], attributes } = fixtureObject("dense-attributes.h5", "d");
    const { result, rounds } = walkEverywhere(
      fixtureBytes("dense-attributes.h5"),
      (source) => read(source, headerOf(info(...addresses))),
      (actual, expected) => expect(actual).toEqual(expected),
    );
    expect(shown(result)).toEqual(attributes);
    for (const count of rounds.values()) expect(count).toBeLessThanOrEqual(6);
  });

  test("hide messages left in the header beside a heap", () => {
    const { "dense attributes": addresses = [0, 0], attributes } = fixtureObject("dense-attributes.h5", "d");
    const header = headerOf(info(...addresses), { type: MESSAGE.attribute, body: bodyOf(attribute("left", 1)) });
    const source = new PagedSource(fixtureBytes("dense-attributes.h5"), 4096);
    expect(shown(source.settle((from) => read(from, header)))).toEqual(attributes);
  });

  test("may be shared messages, found through the resolver", () => {
    const out = new ByteWriter();
    encodeSharedMessage(out, { kind: "committed", address: 4711 }, CONTEXT);
    const header = headerOf({ type: MESSAGE.attribute, flags: 2, body: out.bytes() });
    const shared: SharedResolver = (pointer, type) => {
      expect([pointer, type]).toEqual([{ kind: "committed", address: 4711 }, MESSAGE.attribute]);
      return { cursor: new Cursor(bodyOf(attribute("far", 9)), "attribute message"), committed: undefined };
    };
    expect(shown(read(NOTHING, header, shared))).toEqual({ far: 9 });
  });

  test("are given though one of them is damaged, which gives its error under its name", () => {
    const cut = bodyOf(attribute("cut", 3)).slice(0, -2);
    const nameless = bodyOf(attribute("x", 4));
    nameless[2] = 0xff;
    nameless[3] = 0xff;
    const header = headerOf(
      { type: MESSAGE.attribute, body: bodyOf(attribute("first", 1)) },
      { type: MESSAGE.attribute, body: cut },
      { type: MESSAGE.attribute, body: nameless },
      { type: MESSAGE.attribute, body: bodyOf(attribute("last", 2)) },
    );
    expect(shown(read(NOTHING, header))).toEqual({
      first: 1,
      cut: Hdf5TruncatedError,
      "": Hdf5TruncatedError,
      last: 2,
    });
  });

  test("are given though one of them is damaged in the heap", () => {
    const { "dense attributes": addresses = [0, 0], attributes } = fixtureObject("dense-attributes.h5", "d");
    const bytes = fixtureBytes("dense-attributes.h5");
    // Huge objects have no checksum. The version stands 9 bytes before the name.
    bytes[new TextDecoder("latin1").decode(bytes).indexOf("huge 1\0") - 9] = 7;
    const found = new PagedSource(bytes, 4096).settle((source) => read(source, headerOf(info(...addresses))));
    expect(shown(found)).toEqual({ ...attributes, "huge 1": Hdf5FormatError });
  });

  test("fail as a whole when their index is missing or damaged, instead of being none", () => {
    const [heap, index] = fixtureObject("dense-attributes.h5", "d")["dense attributes"] ?? [0, 0];
    const source = new PagedSource(fixtureBytes("dense-attributes.h5"), 64);
    const walk = (message: Message) => (): unknown => source.settle((from) => read(from, headerOf(message)));
    expect(walk(info(heap, undefined))).toThrow(/undefined, though there is a heap/);
    expect(walk(info(heap, 2 ** 40))).toThrow(Hdf5TruncatedError);
    expect(walk(info(heap, heap))).toThrow(/signature/);
    expect(walk(info(index, index))).toThrow(Hdf5FormatError);
  });

  test("are none when there are none", () => {
    expect(read(NOTHING, headerOf())).toEqual({ slots: [], info: undefined });
    expect(read(NOTHING, headerOf(info(undefined, undefined))).slots).toEqual([]);
  });
});
