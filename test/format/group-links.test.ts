import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Hdf5FormatError, Hdf5TruncatedError } from "../../src/errors.js";
import { readLinks } from "../../src/format/group-links.js";
import { encodeLink, type LinkMessage, makeLink } from "../../src/format/messages/link.js";
import { encodeLinkInfo } from "../../src/format/messages/link-info.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { encodeSymbolTable } from "../../src/format/messages/symbol-table.js";
import type { HeaderMessage, ObjectHeader } from "../../src/format/object-header.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";
import { fixtureBytes, fixtureContext, fixtureObject } from "./walker-fixtures.js";

const LIMITS = { treeDepth: 64 };
const CONTEXT = fixtureContext({ groupLeafK: 2, groupInternalK: 2 });

/** A header that holds these messages and nothing else. */
function headerOf(...messages: readonly { type: number; body: Uint8Array }[]): ObjectHeader {
  const all: HeaderMessage[] = messages.map(({ type, body }, i) => ({
    type,
    body,
    flags: 0,
    creationIndex: undefined,
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

function message(type: number, encode: (out: ByteWriter) => void): { type: number; body: Uint8Array } {
  const out = new ByteWriter();
  encode(out);
  return { type, body: out.bytes() };
}

function symbolTable([btreeAddress, heapAddress]: readonly [number, number]): ObjectHeader {
  return headerOf(
    message(MESSAGE.symbolTable, (out) => encodeSymbolTable(out, { btreeAddress, heapAddress }, CONTEXT)),
  );
}

function linkInfo(heapAddress: number | undefined, nameIndexAddress: number | undefined) {
  const info = { trackOrder: false, indexOrder: false, maxCreationIndex: undefined, orderIndexAddress: undefined };
  return message(MESSAGE.linkInfo, (out) => encodeLinkInfo(out, { ...info, heapAddress, nameIndexAddress }, CONTEXT));
}

/** A link as expected.json writes it. */
function shown(link: LinkMessage): unknown {
  if (link.kind === "hard") return { hard: link.address };
  if (link.kind === "soft") return { soft: link.target };
  return link.kind === "external" ? { external: [link.file, link.target] } : link;
}

/** Cold, warm and in memory: by name, and the round trips per page size. */
function everywhere(file: string, header: ObjectHeader) {
  const { result, rounds } = walkEverywhere(
    fixtureBytes(file),
    (source) => readLinks(source, header, CONTEXT, LIMITS).links,
    (actual, expected) => expect(actual).toEqual(expected),
  );
  return { links: Object.fromEntries(result.map((link) => [link.name, shown(link)])), result, rounds };
}

describe("the links of an old group", () => {
  test("are those h5py sees, in name order, in one round trip more than the tree has levels", () => {
    const { symbolTable: addresses = [0, 0], links: expected = {} } = fixtureObject("old-group.h5", "g");
    const { links, result, rounds } = everywhere("old-group.h5", symbolTable(addresses));
    expect(links).toEqual(expected);
    expect(result.map(({ name }) => name)).toEqual(Object.keys(expected).sort());
    for (const [pageSize, count] of rounds) {
      if (pageSize <= 64) expect(count).toBe(4);
      else expect(count).toBeLessThanOrEqual(4);
    }
  });

  test.each(["empty", "emptied"])("may be none: %s", (path) => {
    const { links } = everywhere(
      "old-group.h5",
      symbolTable(fixtureObject("old-group.h5", path).symbolTable ?? [0, 0]),
    );
    expect(links).toEqual({});
  });

  describe("are refused", () => {
    const addresses = fixtureObject("old-group.h5", "g").symbolTable ?? [0, 0];
    const walk = (bytes: Uint8Array, header = symbolTable(addresses)): unknown =>
      new PagedSource(bytes, 64).settle((source) => readLinks(source, header, CONTEXT, LIMITS));
    const find = (bytes: Uint8Array, text: string, from = 0): number =>
      new TextDecoder("latin1").decode(bytes).indexOf(text, from);

    test("when a symbol table node is none, instead of listing fewer", () => {
      const bytes = fixtureBytes("old-group.h5");
      // The last node of the file belongs to the last group with links: the root, "g" or one in it.
      for (let at = find(bytes, "SNOD"); at >= 0; at = find(bytes, "SNOD", at + 1)) bytes[at + 3] = 0x58;
      expect(() => walk(bytes)).toThrow(/signature/);
    });

    test("when the heap, the tree or the message leads nowhere", () => {
      expect(() => walk(fixtureBytes("old-group.h5"), symbolTable([addresses[0], 2 ** 40]))).toThrow(
        Hdf5TruncatedError,
      );
      expect(() => walk(fixtureBytes("old-group.h5"), symbolTable([addresses[1], addresses[1]]))).toThrow(/signature/);
      const undefinedHeap = headerOf({ type: MESSAGE.symbolTable, body: new Uint8Array(16).fill(0xff) });
      expect(() => walk(fixtureBytes("old-group.h5"), undefinedHeap)).toThrow(/undefined address/);
    });

    test("when a name lies past the heap's segment", () => {
      const bytes = fixtureBytes("old-group.h5");
      for (let at = find(bytes, "SNOD"); at >= 0; at = find(bytes, "SNOD", at + 1)) bytes.fill(0x7f, at + 8, at + 10);
      expect(() => walk(bytes)).toThrow(Hdf5FormatError);
    });
  });
});

describe("the links of a new group", () => {
  test("may lie in its header: every kind of them, in the order stored", () => {
    const links = [
      makeLink("b", { kind: "soft", target: "/x/y" }),
      makeLink("a", { kind: "hard", address: 4711 }),
      makeLink("ünï", { kind: "external", file: "f.h5", target: "/z" }),
    ];
    const bodies = links.map((link) => message(MESSAGE.link, (out) => encodeLink(out, link, CONTEXT)));
    const { links: found, info } = readLinks(
      new PagedSource(new Uint8Array(0), 64),
      headerOf(linkInfo(undefined, undefined), ...bodies),
      CONTEXT,
      LIMITS,
    );
    expect(found).toEqual(links);
    expect(info?.heapAddress).toBeUndefined();
  });

  test.each([
    ["small", 4],
    ["middle", 5],
  ] as const)("may be dense: %s, as h5py sees them", (path, most) => {
    const { "dense links": addresses = [0, 0], links: expected } = fixtureObject("dense-group.h5", path);
    const { links, rounds } = everywhere("dense-group.h5", headerOf(linkInfo(...addresses)));
    expect(links).toEqual(expected);
    for (const count of rounds.values()) expect(count).toBeLessThanOrEqual(most);
  });

  test("hide link messages left beside a heap", () => {
    const { "dense links": addresses = [0, 0], links: expected } = fixtureObject("dense-group.h5", "small");
    const left = message(MESSAGE.link, (out) =>
      encodeLink(out, makeLink("left", { kind: "hard", address: 1 }), CONTEXT),
    );
    expect(everywhere("dense-group.h5", headerOf(linkInfo(...addresses), left)).links).toEqual(expected);
  });

  describe("are refused", () => {
    const [heap, index] = fixtureObject("dense-group.h5", "small")["dense links"] ?? [0, 0];
    const bytes = fixtureBytes("dense-group.h5");
    const walk = (header: ObjectHeader): unknown =>
      new PagedSource(bytes, 64).settle((source) => readLinks(source, header, CONTEXT, LIMITS));

    test("when the name index is missing, instead of listing none", () => {
      expect(() => walk(headerOf(linkInfo(heap, undefined)))).toThrow(/undefined, though there is a heap/);
    });

    test("when heap or index lead elsewhere", () => {
      expect(() => walk(headerOf(linkInfo(index, index)))).toThrow(/signature/);
      expect(() => walk(headerOf(linkInfo(heap, heap)))).toThrow(/signature/);
      expect(() => walk(headerOf(linkInfo(heap, 2 ** 45)))).toThrow(Hdf5TruncatedError);
      const [other] = fixtureObject("dense-group.h5", "middle")["dense links"] ?? [0, 0];
      expect(() => walk(headerOf(linkInfo(other, index)))).toThrow(Hdf5FormatError);
    });
  });

  test("are none when the object is no group", () => {
    expect(readLinks(new PagedSource(new Uint8Array(0), 64), headerOf(), CONTEXT, LIMITS)).toEqual({
      links: [],
      info: undefined,
    });
  });
});
