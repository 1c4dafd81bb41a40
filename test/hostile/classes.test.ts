/**
 * Classes of damage that no file of the hostile corpus has: each beside healthy objects, which must be read all the same.
 * Files are made by our writer, or by libhdf5 (test/corpus), with fields changed under right checksums.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError } from "../../src/errors.js";
import { readLinks } from "../../src/format/group-links.js";
import { makeLink } from "../../src/format/messages/link.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { type DatasetSpec, deflate, type Hdf5File, hyperslab, isHdf5Error, open } from "../../src/index.js";
import { decodeMappings } from "../../src/model/virtual/mapping-block.js";
import { layDenseLinks } from "../arbitraries/groups.js";
import { PagedSource } from "../format/paged-source.js";
import { fixtureContext } from "../format/walker-fixtures.js";
import { isError, little, SoundFile, soundOrErrors, survey, withExtension } from "./sound-file.js";

const CONTEXT = fixtureContext();

/** `good` must be read whatever happens to the others. */
const HEALTHY = { good: [1, 2, 3], "good@unit": "V", "/": "walked" };

async function fill(file: Hdf5File): Promise<void> {
  const good = await file.root.createDataset("good", { data: Int32Array.of(1, 2, 3) });
  await good.attrs.set("unit", "V");
  await file.root.createDataset("bad", { data: Int32Array.of(4, 5, 6) });
  await file.root.createDataset("texts", { data: ["aaaaa", "bb"] });
  const late = { datatype: "int64", shape: [2], chunkShape: [2], fillValue: 7n } as const;
  await file.root.createDataset("filled", late);
  const type = await file.root.commit("type", "int16");
  await file.root.createDataset("typed", { datatype: type, data: Int16Array.of(8, 9) });
  await file.root.createGroup("group");
}

let file: SoundFile;

beforeAll(async () => {
  file = await SoundFile.make({}, fill);
});

/** The file with bytes of a message of one object changed. */
async function damaged(path: string, type: number, at: number, bytes: Uint8Array | number[]): Promise<Uint8Array> {
  const { start } = await file.message(path, type);
  return file.with({ start: start + at, bytes: Uint8Array.from(bytes) });
}

describe("a superblock that leads nowhere", () => {
  test.each<[string, string, number | bigint, string]>([
    ["to itself as root", "root group object header address", 0, "format"],
    ["to a root that is right when cut to 53 bits", "root group object header address", 2n ** 56n + 48n, "format"],
    ["to a root behind its own end of file", "end of file", 48, "truncated"],
    ["to an end of file of 2^63", "end of file", 2n ** 63n, "format"],
    ["to an end of file behind the real one", "end of file", 2 ** 40, "truncated"],
    ["to itself as extension", "superblock extension address", 0, "format"],
    ["to an extension that is no header", "superblock extension address", 7, "format"],
  ])("%s", async (_, field, value, code) => {
    expect(await survey(file.set(file.field(/superblock/, field), value))).toEqual({ "": `error: ${code}` });
  });
});

describe("a superblock extension", () => {
  const extended = (type: number, ...body: (number | Uint8Array)[]): Uint8Array => {
    const bytes = body.flatMap((part) => (typeof part === "number" ? [part] : [...part]));
    return withExtension(file.bytes, [{ type, flags: 0, body: Uint8Array.from(bytes) }]);
  };
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

  test.each<[string, () => Uint8Array, string]>([
    ["with a K of 0", () => extended(MESSAGE.btreeK, 0, 0, 0, 16, 0, 4, 0), "format"],
    [
      "with a cache image of 2^40 bytes",
      () => extended(MESSAGE.cacheImage, 0, little(48, 8), little(2 ** 40, 8)),
      "limit",
    ],
    ["with a cache image that is none", () => extended(MESSAGE.cacheImage, 0, little(48, 8), little(200, 8)), "format"],
    [
      "with a cache image behind the end",
      () => extended(MESSAGE.cacheImage, 0, little(2 ** 40, 8), little(200, 8)),
      "truncated",
    ],
    ["with 9 indexes of shared messages", () => extended(MESSAGE.sharedMessageTable, 0, little(48, 8), 9), "format"],
    [
      "with driver information that is not there",
      () => extended(MESSAGE.driverInfo, 0, ascii("NCSAxxxx"), 0xff, 0xff, 1),
      "truncated",
    ],
    ["with members of no bytes", () => extended(MESSAGE.driverInfo, 0, ascii("NCSAfami"), 8, 0, little(0, 8)), "usage"],
  ])("%s is refused", async (_, bytes, code) => {
    expect(await survey(bytes())).toEqual({ "": `error: ${code}` });
  });

  test("with what only writers need may be anything: an unknown driver, pages of 2^62 bytes, managers out of the file", async () => {
    const none = new Uint8Array(8).fill(0xff);
    const space = [1, 1, 1, little(1, 8), little(2n ** 52n, 8), 0, 0, little(2 ** 50, 8)] as const;
    for (const bytes of [
      extended(MESSAGE.driverInfo, 0, ascii("NCSAxxxx"), 4, 0, 1, 2, 3, 4),
      extended(MESSAGE.fileSpaceInfo, ...space, new Uint8Array(96).fill(0x77)),
      extended(MESSAGE.fileSpaceInfo, 1, 1, 1, little(1, 8), little(0, 8), 0, 0, none, new Uint8Array(96)),
      // The table is looked for when a message lies in its heap: none does.
      extended(MESSAGE.sharedMessageTable, 0, little(2 ** 40, 8), 1),
    ]) {
      expect(await survey(bytes)).toMatchObject({ ...HEALTHY, bad: [4, 5, 6] });
    }
  });
});

describe("an object", () => {
  test.each([
    ["dataspace", MESSAGE.dataspace],
    ["datatype", MESSAGE.datatype],
    ["layout", MESSAGE.dataLayout],
  ])("without a %s message is an error, and its neighbours are read", async (_, type) => {
    // In front of a body: type, size of 2 bytes, flags.
    expect(await survey(await damaged("bad", type, -4, [0]))).toMatchObject({ ...HEALTHY, bad: "error: format" });
  });

  test.each<[string, string, number, number, Uint8Array, string]>([
    ["with 2^40 elements over 12 bytes", "bad", MESSAGE.dataspace, 4, little(2 ** 40, 8), "limit"],
    ["with storage shorter than its elements", "bad", MESSAGE.dataLayout, 10, little(8, 8), "format"],
    ["with storage behind the end of the file", "bad", MESSAGE.dataLayout, 2, little(2 ** 40, 8), "truncated"],
    [
      "with storage at an address that only a cut makes right",
      "bad",
      MESSAGE.dataLayout,
      2,
      little(2n ** 56n + 2048n, 8),
      "format",
    ],
    [
      "with a message of an unknown type that demands to be known",
      "bad",
      MESSAGE.fillValue,
      -4,
      Uint8Array.of(0x40, 2, 0, 0x80),
      "unsupported",
    ],
    ["with a datatype shared with a group", "typed", MESSAGE.datatype, 2, new Uint8Array(0), "format"],
  ])("%s is an error, and its neighbours are read", async (what, path, type, at, bytes, code) => {
    const value = what.endsWith("a group") ? little(await file.address("group"), 8) : bytes;
    expect(await survey(await damaged(path, type, at, [...value]))).toMatchObject({
      ...HEALTHY,
      [path]: `error: ${code}`,
    });
  });

  test("with storage whose tail leaves the file is an error", async () => {
    const bytes = await damaged("bad", MESSAGE.dataLayout, 2, [...little(file.bytes.length - 8, 8)]);
    expect(await survey(bytes)).toMatchObject({ ...HEALTHY, bad: "error: truncated" });
  });

  test("with a fill value of another size than its elements is an error where it is needed", async () => {
    const { start, length } = await file.message("filled", MESSAGE.fillValue);
    expect([...file.bytes.subarray(start + 2, start + length)]).toEqual([8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
    const found = await survey(file.with({ start: start + 2, bytes: little(4, 4) }));
    expect(found).toMatchObject({ ...HEALTHY, filled: "error: format" });
  });

  test.each([
    ["longer than its object in the heap", 0, little(100, 4)],
    ["at an index that its collection has not", 12, little(100, 4)],
    ["in a collection that is the superblock", 4, little(1, 8)],
    ["in a collection behind the end", 4, little(2 ** 40, 8)],
    ["in a collection at 2^63", 4, little(2n ** 63n, 8)],
  ])("with a text %s is an error", async (_, at, bytes) => {
    const { start } = await file.message("texts", MESSAGE.dataLayout);
    const data = Number(new DataView(file.bytes.buffer).getBigUint64(start + 2, true));
    const found = await survey(file.with({ start: data + at, bytes }));
    expect(found).toMatchObject({ ...HEALTHY, texts: expect.stringMatching(/^error: (format|truncated)$/) });
  });
});

describe("a chunk that claims 16 GiB", () => {
  const GIBIBYTES = 2 ** 34;
  const numbers = BigInt64Array.from({ length: 64 }, (_, i) => BigInt(i));

  /** Two chunked datasets of the same form, one beside the other. */
  const chunked = (libver: "v108" | "v110", spec: DatasetSpec): Promise<SoundFile> =>
    SoundFile.make({ libver }, async ({ root }) => {
      for (const name of ["bad", "good"]) await root.createDataset(name, { data: numbers, ...spec });
    });
  const KINDS: readonly [string, "v108" | "v110", DatasetSpec][] = [
    ["plain", "v108", { chunkShape: [16] }],
    ["packed", "v108", { chunkShape: [16], filters: [deflate(1)] }],
    ["one chunk", "v110", { chunkShape: [64], filters: [deflate(1)] }],
    ["fixed array", "v110", { chunkShape: [16], filters: [deflate(1)] }],
    ["extensible array", "v110", { chunkShape: [16], maxShape: [null], filters: [deflate(1)] }],
  ];

  test.each(KINDS)("in the layout is an error, and its neighbour is read: %s", async (_, libver, spec) => {
    const sound = await chunked(libver, spec);
    const layout = await sound.message("bad", MESSAGE.dataLayout);
    const first = libver === "v108" ? 11 : 5; // version, class, [flags], rank, then the address or the width
    const width = libver === "v108" ? 4 : (sound.bytes[layout.start + 4] as number);
    // As many elements of 8 bytes as the field can say, up to 16 GiB.
    const elements = Math.min(GIBIBYTES / 8, 256 ** width - 1);
    const found = await survey(sound.with({ start: layout.start + first, bytes: little(elements, width) }));
    expect(found).toMatchObject({ good: [...numbers], "/": "walked" });
    expect(found.bad).toSatisfy(isError);
  });

  test("as stored size is an error, and its neighbour is read", async () => {
    const sound = await chunked("v110", { chunkShape: [64], filters: [deflate(1)] });
    const layout = await sound.message("bad", MESSAGE.dataLayout);
    const size = sound.field(/./, "size of filtered chunk", 0, layout);
    const found = await survey(sound.set(size, GIBIBYTES));
    expect(found).toMatchObject({ good: [...numbers], "/": "walked" });
    expect(found.bad).toSatisfy(isError);
  });
});

describe("a fractal heap", () => {
  test("whose root indirect block names itself is an error once, and the other objects are read", async () => {
    const long = (i: number): Int32Array => new Int32Array(950).fill(i);
    const sound = await SoundFile.make({ libver: "v110" }, async ({ root }) => {
      await root.createDataset("good", { data: Int32Array.of(1, 2, 3) });
      const many = await root.createGroup("many");
      // More than direct blocks of the root hold: 512 KiB.
      for (let i = 0; i < 180; i++) await many.attrs.set(`long ${i}`, long(i));
    });
    const before = await survey(sound.bytes);
    expect(before["many@long 179"]).toEqual(long(179));
    const root = sound.field(/fractal heap/, "address of root block");
    const address = new DataView(sound.bytes.buffer, sound.bytes.byteOffset).getBigUint64(root.start, true);
    const children = sound.map.fields.filter(
      ({ name, start }) => name === "child block address" && start >= address && start < Number(address) + 4096,
    );
    const child = children.filter(({ start }) => sound.bytes[start] !== 0xff).at(-1);
    if (child === undefined) throw new Error("the root block is not indirect");
    const below = Number(new DataView(sound.bytes.buffer).getBigUint64(child.start, true));
    expect(String.fromCharCode(...sound.bytes.subarray(below, below + 4))).toBe("FHIB");
    const found = await survey(sound.set(child, address));
    expect(found).toMatchObject({ good: [1, 2, 3], "/": "walked" });
    const errors = soundOrErrors(found, before);
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe("the link graph", () => {
  test("may have chains, growing paths and 2^40 ways to one object: links fail when followed, a walk sees each object once", async () => {
    const graph = await SoundFile.make({}, async ({ root }) => {
      await root.createDataset("good", { data: Int32Array.of(1) });
      await root.createSoftLink("grow", "grow/x");
      await root.createSoftLink("grow too", "/good/../grow too/a/b");
      for (let i = 0; i < 300; i++) await root.createSoftLink(`s${i}`, i === 0 ? "/good" : `/s${i - 1}`);
      let group = await root.createGroup("dag");
      for (let i = 0; i < 40; i++) {
        const below = await group.createGroup("left");
        await group.createHardLink("right", below);
        group = below;
      }
      await group.createHardLink("top", root);
    });
    await using opened = await open(graph.bytes);
    const code = async (path: string): Promise<string> => {
      const object = await opened.get(path).catch((error: unknown) => error);
      return isHdf5Error(object) ? object.code : "found";
    };
    expect(await code("s15")).toBe("found");
    expect([await code("s16"), await code("s299")]).toEqual(["limit", "limit"]);
    expect([await code("grow"), await code("grow too")]).toEqual(["link", "link"]);
    let objects = 0;
    for await (const _ of opened.root.visit()) objects++;
    expect(objects).toBe(1 + 41);
    expect((await opened.root.links()).length).toBe(304);
  });

  test.each([
    ["a slash", "good/x", [0x2f]],
    ["NUL", "a\0b", [0]],
    ["bad UTF-8", "a\ufffdb", [0xff]],
  ])("may have names with %s in them, which hide no other", async (_, name, byte) => {
    const named = await SoundFile.make({}, async ({ root }) => {
      await root.createDataset("good", { data: Int32Array.of(1, 2, 3) });
      await root.createSoftLink(name.length > 3 ? "goodZx" : "aZb", "/nowhere");
    });
    const field = named.map.fields.find(
      (one) => one.name === "link name" && named.bytes.subarray(one.start, one.start + one.width).includes(0x5a),
    );
    if (field === undefined) throw new Error("the name is not found");
    const z = field.start + named.bytes.subarray(field.start, field.start + field.width).indexOf(0x5a);
    const bytes = named.with({ start: z, bytes: Uint8Array.from(byte) });
    await using opened = await open(bytes);
    const found = await survey(bytes);
    expect(found.good).toEqual([1, 2, 3]);
    // Listed under the name that is stored, or refused as a whole: never another object under this name.
    expect((await opened.root.links()).map((link) => link.name).sort()).toEqual([name, "good"].sort());
    expect(await opened.find("good/x")).toBeUndefined();
  });

  test("two names of one hash in a dense group are two links", () => {
    // lookup3 of both is 0x51372ec6, and of the other two 0xe201e005.
    const names = ["n36468", "n85629", "n23426", "n159205"];
    const links = names.map((name, i) => makeLink(name, { kind: "hard", address: 1000 + i }));
    const { bytes, header } = layDenseLinks(CONTEXT, links);
    const source = new PagedSource(bytes, Number.POSITIVE_INFINITY);
    const found = readLinks(source, header, CONTEXT, { treeDepth: 64 }).links;
    expect(new Map(found.map((link) => [link.name, link.kind === "hard" ? link.address : 0]))).toEqual(
      new Map(names.map((name, i) => [name, 1000 + i])),
    );
  });
});

describe("what an old group's entry remembers of its object", () => {
  let old: SoundFile;
  beforeAll(async () => {
    old = await SoundFile.make({ libver: "earliest" }, async ({ root }) => {
      for (const name of ["g", "h"]) {
        const group = await root.createGroup(name);
        await group.createDataset(`in ${name}`, { data: Int32Array.of(1) });
      }
    });
  });
  const expected = { g: ["in g"], h: ["in h"], "g/in g": [1], "h/in h": [1], "/": "walked" };

  test("may be a lie: the object's own header counts", async () => {
    const [g, h] = [await old.address("g"), await old.address("h")];
    const entry = old.map.fields.find(
      (field) =>
        field.name === "object header address" &&
        new DataView(old.bytes.buffer).getBigUint64(field.start, true) === BigInt(g),
    );
    if (entry === undefined) throw new Error("the entry of g is not found");
    const table = await old.message("h", MESSAGE.symbolTable);
    const other = old.bytes.subarray(table.start, table.start + 16);
    const lie = Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, ...other]);
    expect(h).not.toBe(g);
    expect(await survey(old.with({ start: entry.start + 8, bytes: lie }))).toEqual(expected);
  });

  test("may be stale for the root in the superblock", async () => {
    for (const name of ["cached B-tree address", "cached heap address"]) {
      expect(await survey(old.set(old.field(/superblock/, name), 24))).toEqual(expected);
    }
  });
});

describe("virtual datasets", () => {
  const whole = hyperslab({ start: [0], count: [3] });
  const from = (dataset: string): DatasetSpec => ({
    datatype: "int32",
    shape: [3],
    layout: { kind: "virtual", mappings: [{ file: ".", dataset, source: whole, virtual: whole }] },
  });

  test("of themselves, of each other, or too many of each other are errors, and the sound ones are read", async () => {
    const nested = await SoundFile.make({}, async ({ root }) => {
      await root.createDataset("good", { data: Int32Array.of(1, 2, 3) });
      await root.createDataset("self", from("/self"));
      await root.createDataset("ping", from("/pong"));
      await root.createDataset("pong", from("/ping"));
      for (let i = 0; i < 12; i++) await root.createDataset(`v${i}`, from(i === 0 ? "/good" : `/v${i - 1}`));
    });
    const found = await survey(nested.bytes);
    expect([found.self, found.ping, found.pong]).toEqual(["error: link", "error: link", "error: link"]);
    for (let i = 0; i < 8; i++) expect(found[`v${i}`]).toEqual([1, 2, 3]);
    for (let i = 8; i < 12; i++) expect(found[`v${i}`]).toBe("error: limit");
  });

  test("with more mappings than their bytes hold are refused before any is made", () => {
    for (const count of [1000, 2 ** 40, 2 ** 52]) {
      const bytes = Uint8Array.from([0, ...little(count, 8), ...new Uint8Array(340)]);
      expect(() => decodeMappings(new Cursor(bytes, "mappings"), CONTEXT, false)).toThrow(Hdf5FormatError);
    }
  });
});

test("addresses in heaps and elements count from the end of the user block", async () => {
  const behind = new Uint8Array(512 + file.bytes.length);
  behind.set(file.bytes, 512);
  expect(await survey(behind)).toEqual(await survey(file.bytes));
  expect(Object.values(await survey(behind)).some(isError)).toBe(false);
});
