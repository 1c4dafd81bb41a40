/**
 * Damage in structures that the hostile corpus has no file of: shared messages in lists and B-trees, huge objects, heaps with
 * filters, paged file space. The files are libhdf5's (test/corpus); whatever is damaged, each thing is as it was or an error.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { lookup3 } from "../../src/bytes/checksum.js";
import { memoryDriver } from "../../src/drivers/index.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { readSharedMessageIndex, readSharedMessageTable } from "../../src/format/shared-message-table.js";
import { isHdf5Error, open } from "../../src/index.js";
import { fixChecksum, type MappedField } from "../../src/testing/file-map.js";
import { PagedSource } from "../format/paged-source.js";
import { structureBytes } from "../format/structure-fixtures.js";
import { fixtureBytes, fixtureContext } from "../format/walker-fixtures.js";
import { isError, little, SoundFile, soundOrErrors, survey, withExtension } from "./sound-file.js";

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64 };

/** Places that break naive readers: nowhere, out of the file, cut to the right place, in the middle of something. */
const PLACES: readonly (readonly [name: string, value: (own: number, end: number) => bigint])[] = [
  ["0", () => 0n],
  ["itself", (own) => BigInt(own)],
  ["the last byte", (_, end) => BigInt(end - 1)],
  ["2^40", () => 2n ** 40n],
  ["2^63", () => 2n ** 63n],
  ["nowhere", () => 2n ** 64n - 1n],
];

/** A copy with these bytes, and the checksum that closes [start, start + length) right. */
function changed(bytes: Uint8Array, start: number, length: number, at: number, value: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(value, start + at);
  fixChecksum(copy, { name: "block", start, length, checksumAt: start + length - 4 });
  return copy;
}

describe.each([
  ["shared-list.h5", 2],
  ["shared-btree.h5", 1],
  ["shared-old.h5", 2],
] as const)("%s", (name, indexCount) => {
  const bytes = structureBytes(name);
  const table = new TextDecoder("latin1").decode(bytes).indexOf("SMTB");
  const length = 8 + indexCount * 30;
  let sound: Record<string, unknown>;

  beforeAll(async () => {
    sound = await survey(bytes);
    expect(Object.values(sound).filter(isError)).toEqual([]);
    const stored = new DataView(bytes.buffer).getUint32(table + length - 4, true);
    expect(stored).toBe(lookup3(bytes.subarray(table, table + length - 4)));
  });

  /** What is damaged is told, and what does not need it is read. */
  const judge = async (damaged: Uint8Array): Promise<string[]> => {
    const errors = soundOrErrors(await survey(damaged), sound);
    expect(errors.length).toBeLessThan(Object.keys(sound).length);
    return errors;
  };

  test("with a table of a wrong checksum, signature or version: what is shared is an error", async () => {
    const spoilt = bytes.slice();
    spoilt[table + 10] = (spoilt[table + 10] as number) ^ 1;
    expect((await judge(spoilt)).length).toBeGreaterThan(0);
    expect((await judge(changed(bytes, table, length, 3, Uint8Array.of(0x58)))).length).toBeGreaterThan(0);
    expect((await judge(changed(bytes, table, length, 4, Uint8Array.of(9)))).length).toBeGreaterThan(0);
  });

  test.each(PLACES)("with a heap at %s: what lies in it is an error", async (_, place) => {
    const value = little(place(table, bytes.length), 8);
    const errors = await judge(changed(bytes, table, length, 4 + 22, value));
    expect(errors.length).toBeGreaterThan(0);
  });

  test.each(PLACES)("with an index at %s: readers do not need it; it is an error by itself", async (_, place) => {
    const value = little(place(table, bytes.length), 8);
    const damaged = changed(bytes, table, length, 4 + 14, value);
    // What is no address, and none where there are messages, is refused with the table.
    if ((value[7] as number) === 0) expect(await judge(damaged)).toEqual([]);
    else expect((await judge(damaged)).length).toBeGreaterThan(0);
    const source = new PagedSource(damaged, 64);
    const read = (): unknown =>
      source.settle((from) => {
        const indexes = readSharedMessageTable(from, { tableAddress: table, indexCount }, CONTEXT);
        return indexes.map((index) => readSharedMessageIndex(from, index, CONTEXT, LIMITS));
      });
    expect(read).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(format|truncated)$/) }));
    expect(source.rounds).toBeLessThan(8);
  });

  test("with more messages than its index holds is an error of the index", () => {
    for (const count of [0xffff, 51, 10]) {
      const damaged = changed(bytes, table, length, 4 + 12, little(count, 2));
      const kind = damaged[table + 5];
      const read = (): readonly unknown[] =>
        new PagedSource(damaged, 64).settle((from) => {
          const [first] = readSharedMessageTable(from, { tableAddress: table, indexCount }, CONTEXT);
          return first === undefined ? [] : readSharedMessageIndex(from, first, CONTEXT, LIMITS);
        });
      if (kind === 0) expect(read).toThrow(expect.objectContaining({ code: expect.stringMatching(/format|checksum/) }));
      // A B-tree counts its own records.
      else expect(read().length).toBeGreaterThan(0);
    }
  });

  test("with a pointer to no object of the heap: what has it is an error, and nothing else", async () => {
    const text = new TextDecoder("latin1").decode(bytes);
    // Version 3, in a heap; the heap id is of a managed object: offset and length.
    const map = (await SoundFile.of(bytes)).map;
    let tried = 0;
    for (let at = text.indexOf("\u0003\u0001\0"); at >= 0; at = text.indexOf("\u0003\u0001\0", at + 1)) {
      const holder = map.structures.find((one) => one.start <= at && at + 10 <= one.start + one.length);
      if (holder === undefined || !/object header/.test(holder.name)) continue;
      if (++tried % 7 !== 1) continue;
      for (const id of [little(2n ** 56n - 256n, 8), little(0x10, 8), little(0x70, 8), little(0xc0, 8)]) {
        const damaged = bytes.slice();
        damaged.set(id, at + 2);
        fixChecksum(damaged, holder);
        const errors = await judge(damaged);
        expect(errors.length).toBeLessThanOrEqual(4);
      }
    }
    expect(tried).toBeGreaterThan(10);
  });
});

describe("huge objects of a heap", () => {
  let file: SoundFile;
  let sound: Record<string, unknown>;
  beforeAll(async () => {
    file = await SoundFile.of(fixtureBytes("dense-attributes.h5"));
    sound = await survey(file.bytes);
  });
  const field = (name: string): MappedField => file.field(/leaf node/, name);

  test.each<[string, string, number | bigint, RegExp]>([
    ["behind the end of the file", "address of huge object", 2 ** 40, /truncated/],
    ["at an address that only a cut makes right", "address of huge object", 2n ** 56n, /format/],
    ["at the superblock", "address of huge object", 0, /format/],
    ["nowhere", "address of huge object", 2n ** 64n - 1n, /format/],
    ["of 2^40 bytes", "length of huge object", 2 ** 40, /truncated/],
    ["of 2^63 bytes", "length of huge object", 2n ** 63n, /format/],
    ["of no bytes", "length of huge object", 0, /format|truncated/],
    ["shorter than the attribute", "length of huge object", 40, /format|truncated/],
    ["under a key that nobody has", "key of huge object", 77, /format/],
  ])("%s: that attribute is an error, and the others are read", async (_, name, value, code) => {
    const found = await survey(file.set(field(name), value));
    const errors = soundOrErrors(found, sound);
    // A damaged place or length is one attribute's; what does not decode is both attributes' of the tree.
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(2);
    for (const path of errors) expect(String(found[path])).toMatch(code);
    for (let i = 0; i < 12; i++) expect(found[`d@attribute ${i}`]).toBe(i);
  });

  test.each<[string, number, number | bigint, number]>([
    ["of itself as root", 16, 0, 8],
    ["of depth 65,535", 12, 65535, 2],
    ["of nodes of no bytes", 6, 0, 4],
    ["of another type", 5, 8, 1],
  ])("with a B-tree %s are errors, and the others are read", async (_, at, value, width) => {
    const address = Number(
      new DataView(file.bytes.buffer).getBigUint64(
        file.field(/heap header/, "v2 B-tree address of huge objects").start,
        true,
      ),
    );
    const bytes = little(at === 16 ? address : value, width);
    const found = await survey(file.with({ start: address + at, bytes }));
    const errors = soundOrErrors(found, sound);
    expect(errors.length).toBeGreaterThan(0);
    for (let i = 0; i < 12; i++) expect(found[`d@attribute ${i}`]).toBe(i);
  });
});

describe("a heap with filters", () => {
  let file: SoundFile;
  const groups = ["root-block", "indirect", "huge"] as const;
  beforeAll(async () => {
    file = await SoundFile.of(structureBytes("filtered-heap.h5"));
  });

  /** Names of a group's links, or the error. */
  const links = async (bytes: Uint8Array): Promise<Record<string, unknown>> => {
    await using opened = await open(bytes);
    const found: Record<string, unknown> = {};
    for (const name of groups) {
      try {
        found[name] = (await (await opened.group(name)).links()).map((link) => link.name).sort();
      } catch (error) {
        if (!isHdf5Error(error)) throw error;
        found[name] = `error: ${error.code}`;
      }
    }
    return found;
  };

  test.each<[string, RegExp, string, number, number | bigint]>([
    ["a root block of 2^40 stored bytes", /heap header/, "size of filtered root direct block", 2, 2 ** 40],
    ["a root block of no stored bytes", /heap header/, "size of filtered root direct block", 2, 0],
    ["a root block of one stored byte", /heap header/, "size of filtered root direct block", 2, 1],
    ["a root block whose filters were left out", /heap header/, "I/O filter mask", 2, 0xffff_ffff],
    ["a pipeline of no filters", /filter information/, "number of filters", 0, 0],
    ["a pipeline of 255 filters", /filter information/, "number of filters", 0, 255],
    ["a filter that nobody knows", /filter information/, "filter id", 1, 4711],
    ["filters of 65,535 bytes", /heap header/, "I/O filters' encoded length", 0, 65535],
    ["a huge object of 2^40 bytes", /leaf node/, "size of huge object", 0, 2 ** 40],
    ["a huge object of one byte more", /leaf node/, "size of huge object", 0, 5000],
    ["a huge object of 2^40 stored bytes", /leaf node/, "length of huge object", 0, 2 ** 40],
    ["a huge object of one stored byte", /leaf node/, "length of huge object", 0, 1],
    ["a huge object whose filters were left out", /leaf node/, "filter mask of huge object", 0, 0xffff_ffff],
    ["a huge object at the superblock", /leaf node/, "address of huge object", 0, 0],
  ])("with %s: its group is an error, and the others are read", async (_, structure, name, number, value) => {
    const expected = await links(file.bytes);
    const found = await links(file.set(file.field(structure, name, number), value));
    const wrong = groups.filter((group) => JSON.stringify(found[group]) !== JSON.stringify(expected[group]));
    expect(wrong.length).toBe(1);
    expect(found[wrong[0] as string]).toMatch(/^error: (format|truncated|checksum|filter|limit|unsupported)$/);
  });

  test("with a child of 2^40 stored bytes, or of none, is an error, and the others are read", async () => {
    const expected = await links(file.bytes);
    const block = file.map.structures.find((one) => one.name === "fractal heap indirect block");
    if (block === undefined) throw new Error("there is no indirect block");
    // Signature, version, header address, block offset of 4 bytes; then address, size and mask of each direct block.
    for (const size of [2 ** 40, 0, 1]) {
      const found = await links(file.with({ start: block.start + 17 + 8, bytes: little(size, 8) }));
      expect(found).toEqual({ ...expected, indirect: expect.stringMatching(/^error: /) });
    }
  });
});

describe("paged file space", () => {
  let sound: SoundFile;
  beforeAll(async () => {
    sound = await SoundFile.make({}, async ({ root }) => {
      await root.createDataset("good", { data: Int32Array.of(1, 2, 3) });
    });
  });

  /** Version 1: strategy, are managers kept, page size, end of the file before the managers, bytes of their addresses. */
  const info = (strategy: number, persist: number, page: bigint, end: bigint, manager: number): Uint8Array =>
    Uint8Array.from([
      ...[1, strategy, persist, ...little(1, 8), ...little(page, 8), 0xff, 0xff, ...little(end, 8)],
      ...new Uint8Array(persist * 96).fill(manager),
    ]);
  const UNDEFINED = 2n ** 64n - 1n;

  test.each<[string, Uint8Array, string | undefined]>([
    ["pages of 4 KiB", info(1, 0, 4096n, UNDEFINED, 0), undefined],
    ["pages of no bytes", info(1, 0, 0n, UNDEFINED, 0), "format"],
    ["pages of 2^52 bytes", info(1, 0, 2n ** 52n, 48n, 0), "format"],
    ["pages of 1 GiB and one byte", info(1, 0, 2n ** 30n + 1n, 48n, 0), "format"],
    ["managers out of the file", info(1, 1, 4096n, 2n ** 50n, 0x11), "format"],
    ["managers in the middle of things", info(0, 1, 512n, 0n, 0), undefined],
    ["a strategy that nobody knows", info(9, 0, 512n, 0n, 0), "format"],
    ["two bytes only", Uint8Array.of(1, 1), "truncated"],
  ])("with %s is read as any other; editing goes well or is refused, and loses nothing", async (_, body, refusal) => {
    const bytes = withExtension(sound.bytes, [{ type: MESSAGE.fileSpaceInfo, flags: 0, body }]);
    expect(await survey(bytes)).toEqual({ good: [1, 2, 3], "/": "walked" });
    const driver = memoryDriver(bytes.slice());
    const edit = async (): Promise<void> => {
      await using edited = await open(driver, { mode: "r+" });
      await edited.root.createDataset("new", { data: Int32Array.of(7) });
    };
    const done = await edit().then(
      () => undefined,
      (error: unknown) => (isHdf5Error(error) ? error.code : error),
    );
    expect(done).toBe(refusal);
    const after = await driver.read(0, driver.size ?? 0);
    expect(after.length).toBeLessThan(2 ** 20);
    const added = refusal === undefined ? { new: [7] } : {};
    expect(await survey(after)).toEqual({ good: [1, 2, 3], ...added, "/": "walked" });
  });
});
