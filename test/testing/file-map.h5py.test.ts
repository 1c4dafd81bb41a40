import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { mapFile } from "../../src/testing/index.js";
import { h5pyPresent } from "../interop/h5py.js";
import { StockProcess } from "../interop/turns.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-map-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(h5pyPresent())("the map of a file of libhdf5", () => {
  test("knows how large nodes are where the superblock extension says it", async () => {
    const path = join(folder, "small nodes.h5");
    const stock = new StockProcess();
    expect(await stock.ask({ make: path, libver: "earliest", strategy: 0, chunks: 2 })).toEqual({});
    stock.end();
    const file = await open(path, { mode: "r+" });
    const spec = { datatype: "int32", maxShape: [null], chunkShape: [1] } as const;
    await file.root.createDataset("x", { ...spec, data: Array.from({ length: 60 }, (_, i) => i) });
    await file.close();
    const { structures } = await mapFile(readFileSync(path));
    expect(structures.filter(({ name }) => name === "chunk B-tree node").length).toBeGreaterThan(15);
    for (const [i, { start, length }] of structures.entries()) {
      expect(start + length).toBeLessThanOrEqual(structures[i + 1]?.start ?? Number.POSITIVE_INFINITY);
    }
  });
});
