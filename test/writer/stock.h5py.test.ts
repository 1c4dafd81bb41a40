import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compoundType, create, deflate, enumType, open, stringType, vlenType } from "../../src/index.js";
import { h5pyPresent, python, stockTree } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-stock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(h5pyPresent())("files of ours in stock libhdf5", () => {
  test("groups, datasets of every storage, attributes and links are what was written", async () => {
    const path = join(folder, "all.h5");
    {
      await using file = await create(path);
      const { root } = file;
      await root.attrs.set("title", "größe");
      await root.attrs.set("n", 3n);
      await root.attrs.set("flags", [true, false]);
      const group = await root.createGroup("a/b/c");
      const data = await group.createDataset("contiguous", { data: new Int32Array([1, 2, 3, 4, 5, 6]), shape: [2, 3] });
      await data.attrs.set("unit", "V");
      await group.createDataset("compact", { data: new Uint8Array([7, 8]), layout: "compact" });
      await group.createDataset("scalar", { data: 2.5 });
      await group.createDataset("text", { data: ["x", "", "ÿ\u{1F9E0}"] });
      await group.createDataset("fixed", { data: ["ab", "cd"], datatype: stringType(4, { charset: "ascii" }) });
      await group.createDataset("enum", { data: ["on", "off"], datatype: enumType({ off: 0, on: 1 }) });
      await group.createDataset("rows", {
        data: [
          { x: 1, name: "one" },
          { x: 2, name: "two" },
        ],
        datatype: compoundType({ x: "int16", name: "string" }),
      });
      await group.createDataset("ragged", { data: [[1], [], [2, 3]], datatype: vlenType("int32") });
      const numbers = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
      await root.createDataset("chunked", {
        data: numbers,
        shape: [100, 100],
        maxShape: [null, 100],
        chunkShape: [7, 33],
        filters: ["shuffle", deflate(4), "fletcher32"],
      });
      await root.createDataset("empty", { datatype: "float32", shape: [0, 4], maxShape: [null, 4] });
      await root.createDataset("filled", { datatype: "int16", shape: [4], fillValue: -7 });
      await root.createSoftLink("soft", "/a/b/c/contiguous");
      await root.createExternalLink("outside", "other.h5", "/x");
      await root.createHardLink("again", data);
      await root.createDataset("reference", { data: data.reference });
    }
    const { attrs, links } = stockTree(path);
    expect(attrs).toEqual({ title: "größe", n: 3, flags: [true, false] });
    const c = links.a?.links?.b?.links?.c?.links;
    expect(c?.contiguous).toMatchObject({
      value: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      attrs: { unit: "V" },
      refcount: 2,
    });
    expect(c?.compact?.value).toEqual([7, 8]);
    expect(c?.scalar?.value).toBe(2.5);
    expect(c?.text?.value).toEqual(["x", "", "ÿ\u{1F9E0}"]);
    expect(c?.fixed?.value).toEqual(["ab", "cd"]);
    expect(c?.enum?.value).toEqual([1, 0]);
    expect(c?.rows?.value).toEqual([
      { x: 1, name: "one" },
      { x: 2, name: "two" },
    ]);
    expect(c?.ragged?.value).toEqual([[1], [], [2, 3]]);
    expect(links.chunked).toMatchObject({
      shape: [100, 100],
      chunks: [7, 33],
      maxshape: [null, 100],
      filters: [2, 1, 3],
    });
    expect((links.chunked?.value as number[][] | undefined)?.[99]?.[99]).toBe(Math.sin(9999));
    expect(links.empty).toMatchObject({ shape: [0, 4], maxshape: [null, 4] });
    expect(links.filled?.value).toEqual([-7, -7, -7, -7]);
    expect(links.soft).toEqual({ soft: "/a/b/c/contiguous" });
    expect(links.outside).toEqual({ external: ["other.h5", "/x"] });
    expect(links.again?.refcount).toBe(2);
    expect(links.reference?.value).toEqual({ reference: true });
  });

  test("after stock edited the file, we and stock still agree, and we edit it again", async () => {
    const path = join(folder, "turns.h5");
    {
      await using file = await create(path);
      await file.root.createDataset("grows", {
        data: Int32Array.from({ length: 500 }, (_, i) => i),
        maxShape: [null],
        chunkShape: [4],
      });
      await file.root.createDataset("packed", {
        data: Float32Array.from({ length: 300 }, (_, i) => i / 2),
        maxShape: [null],
        chunkShape: [16],
        filters: ["shuffle", deflate(1)],
      });
      await file.root.createDataset("fixed", { data: new Uint8Array(10).fill(3) });
      await file.root.attrs.set("made by", "us");
    }
    for (let round = 0; round < 3; round++) {
      python("h5py_edit.py", path);
      const { links } = stockTree(path);
      {
        await using file = await open(path, { mode: "r+" });
        for (const name of ["grows", "packed"]) {
          const dataset = await file.dataset(name);
          expect(dataset.shape).toEqual(links[name]?.shape);
          expect([...((await dataset.value()) as Int32Array)]).toEqual(links[name]?.value);
          await dataset.append(Array.from({ length: 9 }, (_, i) => i + round));
          await file.flush();
          await dataset.resize([dataset.length - 2]);
          await dataset.attrs.set("round", BigInt(round));
        }
        for (let i = 1; i < 12; i += 2) await file.root.delete(`stock${i}`);
        await file.root.createGroup(`ours/${round}`);
      }
      const after = stockTree(path);
      expect(after.links.grows?.shape).toEqual([(links.grows?.shape?.[0] ?? 0) + 7]);
      expect(after.links.grows?.attrs).toMatchObject({ round, "seen by stock": "yes" });
      expect((after.links.packed?.value as number[] | undefined)?.slice(-2)).toEqual([5 + round, 6 + round]);
      expect(Object.keys(after.links.ours?.links ?? {})).toHaveLength(round + 1);
    }
  });

  test("10,000 small datasets cost at most 160 bytes each beyond their data", async () => {
    const path = join(folder, "many.h5");
    {
      await using file = await create(path);
      for (let g = 0; g < 100; g++) {
        const group = await file.root.createGroup(`g${g}`);
        for (let d = 0; d < 100; d++) await group.createDataset(`d${d}`, { data: new Float64Array(10).fill(d) });
      }
    }
    expect((statSync(path).size - 10_000 * 80) / 10_000).toBeLessThanOrEqual(160);
  });
});
