import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { allFilters, lz4, lzf } from "../../src/filters/index.js";
import { create, type FilterSpec, open } from "../../src/index.js";
import { h5pyPresent, python } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-plugins-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What h5py has, or finds as plug-ins. */
const EXPECTED = [32000, 32001, 32004, 307];

describe.runIf(h5pyPresent())("the plug-ins of stock libhdf5", () => {
  const stock = join(folder, "stock.h5");
  const ours = join(folder, "ours.h5");
  let there: number[] = [];

  test("are read: every element is what stock reads", async () => {
    there = python("filters.py", "plugins", stock).trim().split(" ").map(Number);
    const absent = EXPECTED.filter((id) => !there.includes(id));
    if (absent.length > 0) console.warn(`LEFT OUT: filters ${absent.join(", ")}; their plug-ins are not installed`);
    expect(there).toContain(lzf.id);
    await using file = await open(stock, { filters: allFilters });
    for (const name of await (await file.group("filtered")).keys()) {
      const filtered = await file.dataset(`filtered/${name}`);
      const plain = await file.dataset(`plain/${name}`);
      const found = Buffer.from((await filtered.read(undefined, { raw: true })).data);
      const expected = Buffer.from((await plain.read(undefined, { raw: true })).data);
      expect(found.equals(expected), name).toBe(true);
    }
  });

  test("of ZFP are read bit by bit in all modes, types and numbers of dimensions", async () => {
    const path = join(folder, "zfp.h5");
    python("filters.py", "zfp", path);
    await using file = await open(path, { filters: allFilters });
    const names = await (await file.group("filtered")).keys();
    if (names.length === 0) console.warn("LEFT OUT: filter 32013; its plug-in is not installed");
    for (const name of names) {
      const found = await (await file.dataset(`filtered/${name}`)).read(undefined, { raw: true });
      const expected = await (await file.dataset(`plain/${name}`)).read(undefined, { raw: true });
      expect(Buffer.from(found.data).equals(Buffer.from(expected.data)), name).toBe(true);
    }
  });

  test("read what we write with lzf and lz4", async () => {
    const specs: (readonly [name: string, spec: FilterSpec])[] = [["lzf", lzf.spec()]];
    if (there.includes(lz4.id)) specs.push(["lz4", lz4.spec()], ["blocks", lz4.spec({ blockBytes: 1000 })]);
    {
      await using to = await create(ours, { filters: allFilters });
      await using from = await open(stock);
      for (const sample of ["one", "short", "zeros", "random", "walk", "sine", "odd", "large"]) {
        const source = await from.dataset(`plain/32000__${sample}`);
        const { datatype, shape } = source;
        const data = datatype.kind === "opaque" ? await source.read(undefined, { raw: true }) : await source.read();
        const chunk = Math.min(500, shape[0] as number); // one dimension
        for (const [name, spec] of specs) {
          const given = { datatype, shape, data: "kind" in data ? data : data.data };
          await to.root.createDataset(`plain/${name}_${sample}`, given);
          const path = `filtered/${name}_${sample}`;
          const filtered = await to.root.createDataset(path, { ...given, filters: [spec], chunkShape: [chunk] });
          if (name === "lzf") expect(filtered.filters[0]).toMatchObject({ values: [4, 0x0105, chunk * datatype.size] });
        }
      }
    }
    expect(python("filters.py", "compare", ours).trim()).toBe(String(8 * specs.length));
  });
});
