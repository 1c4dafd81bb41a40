import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crossesSector, SECTOR } from "../../src/writer/free-list.js";
import { Space } from "../../src/writer/space.js";

describe("space for new blocks", () => {
  test("a sector-safe block crosses no sector border", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: SECTOR }), { maxLength: 200 }), (sizes) => {
        const space = new Space(48, true);
        for (const size of sizes) expect(crossesSector(space.metadata(size, { sectorSafe: true }), size)).toBe(false);
      }),
    );
  });

  test("no two blocks in use overlap, and all lie in front of the end, whatever is freed and reused", () => {
    const step = fc.record({
      size: fc.integer({ min: 1, max: 9000 }),
      kind: fc.constantFrom("metadata", "raw", "safe", "end", "together"),
      free: fc.option(fc.nat(), { nil: undefined }),
      published: fc.boolean(),
      flush: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const space = new Space(48, true);
        const used: { address: number; size: number; kind: "metadata" | "raw" }[] = [];
        for (const { size, kind, free, published, flush } of steps) {
          const address =
            kind === "raw"
              ? space.raw(size)
              : kind === "end"
                ? space.rawAtEnd(size).address
                : kind === "together"
                  ? space.together(size * 8, size, () => space.metadata(size, { sectorSafe: false }))
                  : space.metadata(kind === "safe" ? Math.min(size, SECTOR) : size, {
                      sectorSafe: kind === "safe",
                    });
          expect(address % 8).toBe(0);
          const length = kind === "safe" ? Math.min(size, SECTOR) : size;
          expect(address).toBeGreaterThanOrEqual(48);
          expect(address + length).toBeLessThanOrEqual(space.end);
          for (const other of used) {
            expect(address + length <= other.address || other.address + other.size <= address).toBe(true);
          }
          used.push({ address, size: length, kind: kind === "raw" || kind === "end" ? "raw" : "metadata" });
          if (free !== undefined) {
            const [gone] = used.splice(free % used.length, 1);
            if (gone !== undefined && published) space.free(gone.address, gone.size, gone.kind);
            else if (gone !== undefined) space.giveBack(gone.address, gone.size, gone.kind);
          }
          if (flush) space.flushed();
        }
      }),
    );
  });

  test("blocks placed together lie in one piece behind much data, in order, and what they leave is free again", () => {
    const space = new Space(48, true);
    const holes = Array.from({ length: 40 }, () => {
      space.rawAtEnd(50_000);
      const hole = space.metadata(4096, { sectorSafe: false });
      space.metadata(4096, { sectorSafe: false });
      return hole;
    });
    for (const hole of holes) space.giveBack(hole, 4096, "metadata");
    const sizes = [152, 512, 512, 1024, 8192, 512, 40];
    const total = sizes.reduce((sum, size) => sum + size, 152);
    const placed = space.together(48, total, () =>
      sizes.map((size, i) => space.metadata(size, { sectorSafe: i === 0 })),
    );
    const extent = (addresses: readonly number[]): number =>
      Math.max(...addresses.map((address, i) => address + (sizes[i] ?? 0))) - Math.min(...addresses);
    expect(crossesSector(placed[0] ?? 0, 152)).toBe(false);
    expect(extent(placed)).toBeLessThanOrEqual(total);
    // The last one may fill what the first has skipped.
    expect(placed.slice(0, -1)).toEqual([...placed.slice(0, -1)].sort((a, b) => a - b));
    // Alone they fill holes.
    expect(extent(sizes.map((size) => space.metadata(size, { sectorSafe: false })))).toBeGreaterThan(total);
    const before = space.end;
    space.together(48, 2048, () => undefined);
    expect(space.metadata(2048, { sectorSafe: false })).toBeLessThan(before);
  });

  test("what a published pointer reached is reused two flushes later, not before", () => {
    const space = new Space(48, true);
    const first = space.raw(8192);
    space.flushed();
    space.free(first, 8192, "raw");
    expect(space.raw(8192)).not.toBe(first);
    space.flushed();
    expect(space.raw(8192)).not.toBe(first);
    space.flushed();
    expect(space.raw(8192)).toBe(first);
  });

  test("of foreign blocks that lay one behind the other, whatever their sizes, all space is used again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 50 }),
        fc.nat(7),
        (sizes, at) => {
          const total = sizes.reduce((sum, size) => sum + size, at);
          const space = new Space(total + 4096, false);
          let address = at;
          for (const size of sizes) {
            space.free(address, size, "raw");
            address += size;
          }
          space.flushed();
          space.flushed();
          const start = Math.ceil(at / 8) * 8;
          const room = Math.floor((total - start) / 8) * 8;
          if (room > 0) expect(space.raw(room)).toBe(start);
          expect(space.end).toBe(Math.ceil((total + 4096) / 8) * 8);
        },
      ),
    );
  });

  test("a block handed out in a foreign hole is given back whole", () => {
    const space = new Space(10_000, false);
    space.adopt(1003, 117, "raw");
    expect(space.raw(101)).toBe(1008);
    space.free(1008, 101, "raw");
    space.flushed();
    space.flushed();
    expect(space.raw(112)).toBe(1008);
  });

  test.each([0, 512, 4096])(
    "space that is known as free is handed out before the file grows, pages of %d bytes",
    (pageSize) => {
      const step = fc.record({
        size: fc.integer({ min: 1, max: 20_000 }),
        kind: fc.constantFrom("metadata" as const, "raw" as const),
      });
      const extent = fc.record({
        gap: fc.integer({ min: 1, max: 5000 }),
        size: fc.integer({ min: 1, max: 60_000 }),
        kind: fc.constantFrom("metadata" as const, "raw" as const, "any" as const),
      });
      fc.assert(
        fc.property(fc.array(extent, { maxLength: 8 }), fc.array(step, { maxLength: 80 }), (extents, steps) => {
          const free: { from: number; to: number }[] = [];
          let end = 100;
          for (const { gap, size, kind } of extents) {
            // Of one kind and small, or of whole pages whose neighbours are used.
            const from = pageSize > 0 ? Math.ceil((end + gap) / pageSize) * pageSize : end + gap;
            const to = from + (pageSize > 0 && kind !== "any" ? 1 + (size % pageSize) : size);
            free.push({ from, to });
            end = to;
          }
          const space = new Space(end, false, pageSize);
          const start = space.end;
          for (const [i, { from, to }] of free.entries()) space.adopt(from, to - from, extents[i]?.kind ?? "any");
          const used: { address: number; end: number; kind: string }[] = [];
          // A hole at the end of the file goes on in what the file grows by.
          const last = free.at(-1);
          const growsFrom = last?.to === start ? last.from : start;
          for (const { size, kind } of steps) {
            const address = kind === "raw" ? space.raw(size) : space.metadata(size, { sectorSafe: false });
            expect(address % 8).toBe(0);
            const isFree = free.some(({ from, to }) => from <= address && address + size <= to);
            expect(isFree || address >= growsFrom).toBe(true);
            const pages = (at: number): number => (pageSize > 0 ? Math.floor(at / pageSize) : -1);
            for (const other of used) {
              expect(address + size <= other.address || other.end <= address).toBe(true);
              const apart = pages(address + size - 1) < pages(other.address) || pages(other.end - 1) < pages(address);
              if (pageSize > 0 && other.kind !== kind) expect(apart).toBe(true);
            }
            used.push({ address, end: address + size, kind });
          }
        }),
      );
    },
  );

  test("space that nothing published reached is reused at once", () => {
    const space = new Space(48, true);
    const first = space.raw(8192);
    space.giveBack(first, 8192, "raw");
    expect(space.raw(8192)).toBe(first);
  });

  test("metadata segments grow with the file: small files stay small, an index lies in few places", () => {
    const space = new Space(48, true);
    space.metadata(100, { sectorSafe: true });
    expect(space.end).toBe(48 + 2048);
    for (let i = 0; i < 1000; i++) space.metadata(2616, { sectorSafe: false });
    const places: number[] = [];
    for (let i = 0, last = 0; i < 400; i++) {
      const address = space.metadata(2616, { sectorSafe: false });
      space.raw(65_536);
      if (address !== last + 2616) places.push(address);
      last = address;
    }
    expect(places.length).toBeLessThanOrEqual(4);
  });

  test("behind data, a metadata segment takes at most a sixth of the file and what one request brings", () => {
    for (const data of [2 ** 15, 2 ** 18, 300_000, 2 ** 19, 2 ** 20, 2 ** 24, 2 ** 28]) {
      const space = new Space(48, true);
      space.metadata(1000, { sectorSafe: false });
      space.raw(data);
      const before = space.end;
      space.metadata(2000, { sectorSafe: false });
      expect(space.end - before).toBeLessThanOrEqual(Math.max(4096, Math.min(before / 6, 65_536)));
      if (data >= 2 ** 20) expect(space.end - before).toBe(65_536);
    }
  });

  test("the unused tail of the file is cut", () => {
    const space = new Space(48, true);
    const address = space.metadata(100, { sectorSafe: true });
    expect(space.trimEnd()).toBe(address + 104);
  });

  test("in a file of pages, smaller blocks cross none, larger ones begin on one, metadata and raw data share none", () => {
    const PAGE = 4096;
    const step = fc.record({
      size: fc.integer({ min: 1, max: 20_000 }),
      kind: fc.constantFrom("metadata" as const, "raw" as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const space = new Space(3 * PAGE, false, PAGE);
        const pages = new Map<number, string>();
        for (const { size, kind } of steps) {
          const address = kind === "raw" ? space.raw(size) : space.metadata(size, { sectorSafe: false });
          const [first, last] = [Math.floor(address / PAGE), Math.floor((address + size - 1) / PAGE)];
          if (size > PAGE) expect(address % PAGE).toBe(0);
          else expect(first).toBe(last);
          for (let page = first; page <= last; page++) expect(pages.get(page) ?? kind).toBe(kind);
          for (let page = first; page <= last; page++) pages.set(page, kind);
          expect(space.end % PAGE).toBe(0);
        }
      }),
    );
  });
});
