/** Version-1 B-trees whose nodes hold two children: the fewest that a file can ask for. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { h5pyPresent } from "../interop/h5py.js";
import { StockProcess } from "../interop/turns.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-small-nodes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Orders in which 200 names come between two that are there. */
const ORDERS: Readonly<Record<string, (i: number) => number>> = {
  up: (i) => i,
  down: (i) => 199 - i,
  "from the middle": (i) => (i % 2 === 0 ? 100 + i / 2 : 99 - (i - 1) / 2),
  mixed: (i) => (i * 79) % 200,
};

describe.runIf(h5pyPresent())("trees of nodes with two children", () => {
  let stock: StockProcess;
  beforeAll(() => {
    stock = new StockProcess();
  });
  afterAll(() => stock.end());

  test.each(Object.entries(ORDERS))("have few levels whatever order their items come in: %s", async (name, order) => {
    const path = join(folder, `${name}.h5`);
    expect(await stock.ask({ make: path, libver: "earliest", symbols: [1, 1], chunks: 1 })).toEqual({});
    const soft: Record<string, unknown> = { first: { soft: "x" }, zero: { soft: "x" } };
    const value = new Array<number>(202).fill(0);
    {
      await using file = await open(path, { mode: "r+" });
      const group = await file.root.createGroup("g");
      for (const link of Object.keys(soft)) await group.createSoftLink(link, "x");
      const spec = { datatype: "int32", shape: [202], maxShape: [null], chunkShape: [1] } as const;
      const dataset = await file.root.createDataset("d", spec);
      await dataset.write([1, 2], [{ at: [0, 201] }]);
      [value[0], value[201]] = [1, 2];
      for (let i = 0; i < 200; i++) {
        const n = order(i);
        await group.createSoftLink(`n${String(n).padStart(3, "0")}`, "x");
        soft[`n${String(n).padStart(3, "0")}`] = { soft: "x" };
        await dataset.write([n], [[n + 1, n + 2]]);
        value[n + 1] = n;
      }
    }
    const links = { d: { attrs: {}, count: 1, value }, g: { attrs: {}, count: 1, links: soft } };
    expect(await stock.ask({ path, edits: [], fork: true })).toEqual({ attrs: {}, links });
    await using file = await open(path, { limits: { treeDepth: 16 } });
    expect(await (await file.group("g")).keys()).toEqual(Object.keys(soft).sort());
    expect(await (await file.dataset("d")).value(undefined, { as: "numbers" })).toEqual(value);
  });
});
