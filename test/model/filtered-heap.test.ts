import { describe, expect, test } from "vitest";
import type { ByteSource } from "../../src/format/byte-source.js";
import { readLinks } from "../../src/format/group-links.js";
import { readObjectHeader } from "../../src/format/object-header.js";
import { open } from "../../src/index.js";
import { PagedSource, walkEverywhere } from "../format/paged-source.js";
import { STRUCTURES, structureBytes } from "../format/structure-fixtures.js";
import { fixtureContext } from "../format/walker-fixtures.js";

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64, headerChunks: 1024 };
const FILE = "filtered-heap.h5";
const groups = STRUCTURES[FILE] as Readonly<Record<string, Readonly<Record<string, string>>>>;

const linksAt =
  (address: number) =>
  (source: ByteSource): Record<string, string> => {
    const header = readObjectHeader(source, address, CONTEXT, LIMITS);
    const { links } = readLinks(source, header, CONTEXT, LIMITS);
    return Object.fromEntries(links.map((link) => [link.name, link.kind === "soft" ? link.target : link.kind]));
  };

// Groups of libhdf5 1.10.8 whose creation properties have shuffle (left out: it has no element size), deflate and
// fletcher32. A root that is a direct block; an indirect block of many; huge objects, in both.
describe("a group whose heap passes through filters", () => {
  for (const name of ["root-block", "indirect", "huge"]) {
    test(`${name}: holds the links that h5py finds`, async () => {
      await using file = await open(structureBytes(FILE));
      const group = await file.group(name);
      const links = (await group.links()).map((link) => [link.name, link.kind === "soft" ? link.target : link.kind]);
      expect(Object.fromEntries(links)).toEqual(groups[name]);
    });

    test(`${name}: gives the same at every page size`, async () => {
      await using file = await open(structureBytes(FILE));
      const { address } = await file.group(name);
      const { result, rounds } = walkEverywhere(structureBytes(FILE), linksAt(address), (actual, expected) =>
        expect(actual).toEqual(expected),
      );
      expect(result).toEqual(groups[name]);
      for (const trips of rounds.values()) expect(trips).toBeLessThanOrEqual(10);
    });
  }

  test("each block is decoded once", async () => {
    await using file = await open(structureBytes(FILE));
    const { address } = await file.group("indirect");
    const source = new PagedSource(structureBytes(FILE), 64);
    source.settle(linksAt(address));
    const blocks = source.decoded.get("fractal heap direct block") ?? 0;
    expect(blocks).toBeGreaterThan(4);
    expect(source.decoded.get("fractal heap indirect block")).toBe(1);
    source.settle(linksAt(address));
    expect(source.decoded.get("fractal heap direct block")).toBe(blocks);
  });

  test("damage within a block is found by the filters, or by the block's own fields", async () => {
    const bytes = structureBytes(FILE);
    const start = Buffer.from(bytes).indexOf("FRHP");
    const view = new DataView(bytes.buffer);
    const root = Number(view.getBigUint64(start + 132, true));
    bytes[root + 20] = (bytes[root + 20] ?? 0) ^ 0x55;
    await using file = await open(bytes);
    await expect((await file.group("root-block")).links()).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/filter|format|checksum/) }),
    );
    expect((await (await file.group("huge")).links()).length).toBe(15);
  });
});
