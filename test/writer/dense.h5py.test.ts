/** Dense links and attributes: ours in stock libhdf5 and back, stock's edited by us and back. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { create, open } from "../../src/index.js";
import { h5pyPresent, python } from "../interop/h5py.js";
import { DenseModel, isDense, type Listing, ourListing } from "./dense-model.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-dense-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function stock(command: "list" | "edit" | "empty" | "make", path: string, ...args: (number | string)[]): Listing {
  return JSON.parse(python("h5py_dense.py", command, path, ...args.map(String))) as Listing;
}

/** What counts of a listing: order where it is kept. */
function trimmed({ linkOrder, attributeOrder, ...rest }: Listing, ordered: boolean): Listing {
  return ordered && linkOrder !== undefined && attributeOrder !== undefined
    ? { ...rest, linkOrder, attributeOrder }
    : rest;
}

function dumped(path: string): void {
  execFileSync("h5dump", [path], { stdio: ["ignore", "ignore", "pipe"], maxBuffer: 2 ** 28 });
}

beforeAll(() => h5wasm.ready);

describe.runIf(h5pyPresent())("dense links and attributes of ours", () => {
  test.each([20, 65, 100, 5000].flatMap((count) => [false, true].map((ordered) => [count, ordered] as const)))(
    "%i of them, creation order %s, are read and edited by stock, and then by us",
    async (count, ordered) => {
      const path = join(folder, `ours-${count}-${ordered}.h5`);
      const model = new DenseModel();
      {
        await using file = await create(path, { trackOrder: ordered });
        for (let i = 0; i < count; i++) {
          await model.link(file, `link ${i}`, `/target/${i}`);
          await model.set(file, `attribute ${i}`, i % 50 === 7 ? new Int32Array(1200 + i).fill(i) : i);
        }
      }
      expect(await isDense(path)).toEqual({ links: count > 64, attributes: true });
      expect(trimmed(stock("list", path), ordered)).toEqual(model.listing(ordered));
      dumped(path);
      const wasm = new h5wasm.File(path, "r");
      expect(wasm.keys().sort()).toEqual([...model.links.keys()].sort());
      expect(Object.keys(wasm.attrs).sort()).toEqual([...model.attributes.keys()].sort());
      wasm.close();
      const edited = stock("edit", path);
      dumped(path);
      expect(await ourListing(path, ordered)).toEqual(trimmed(edited, ordered));
      const again = DenseModel.of(edited);
      {
        await using file = await open(path, { mode: "r+" });
        for (const name of [...again.links.keys()].slice(0, 4)) await again.unlink(file, name);
        for (let i = 0; i < 30; i++) {
          await again.link(file, `late ${i}`, `/late/${i}`);
          await again.set(file, `late ${i}`, i);
          if (i % 10 === 5) await file.flush();
        }
        await again.set(file, "late 3", new Int32Array(2000).fill(3));
        await again.unset(file, "late 4");
      }
      expect(trimmed(stock("list", path), ordered)).toEqual(again.listing(ordered));
      dumped(path);
      expect(stock("empty", path).counts).toEqual([0, 0]);
      dumped(path);
    },
    60_000,
  );

  test("are messages again below the limit, and none at all when empty", async () => {
    const path = join(folder, "down.h5");
    const model = new DenseModel();
    {
      await using file = await create(path, { trackOrder: true });
      for (let i = 0; i < 70; i++) {
        await model.link(file, `link ${i}`, `/target/${i}`);
        await model.set(file, `attribute ${i}`, i);
      }
    }
    for (const [left, links, attributes] of [
      [48, true, true],
      [47, false, true],
      [6, false, true],
      [5, false, false],
      [0, false, false],
    ] as const) {
      {
        await using file = await open(path, { mode: "r+" });
        for (const name of [...model.links.keys()].slice(left)) await model.unlink(file, name);
        for (const name of [...model.attributes.keys()].slice(left)) await model.unset(file, name);
      }
      expect(await isDense(path)).toEqual({ links, attributes });
      expect(trimmed(stock("list", path), true)).toEqual(model.listing(true));
      dumped(path);
    }
  });
});

describe.runIf(h5pyPresent())("what no header message can hold", () => {
  test.each([false, true])("goes to a heap however few there are, creation order %s", async (ordered) => {
    const path = join(folder, `large-${ordered}.h5`);
    const model = new DenseModel();
    {
      await using file = await create(path, { trackOrder: ordered });
      await model.set(file, "small", 1);
      await model.set(file, "large", new Int32Array(50_000).fill(6));
      await model.link(file, "n".repeat(70_000), "/long/name");
      await model.link(file, "short", "/short/name");
    }
    expect(await isDense(path)).toEqual({ links: true, attributes: true });
    expect(trimmed(stock("list", path), ordered)).toEqual(model.listing(ordered));
    dumped(path);
    {
      await using file = await open(path, { mode: "r+" });
      await model.set(file, "large", new Int32Array(60_000).fill(7));
      await model.unlink(file, "short");
      await file.flush();
      // Below the limits, but too large for messages.
      await model.unset(file, "small");
    }
    expect(await isDense(path)).toEqual({ links: true, attributes: true });
    expect(trimmed(stock("list", path), ordered)).toEqual(model.listing(ordered));
    {
      await using file = await open(path, { mode: "r+" });
      await model.set(file, "large", 8);
      await model.unlink(file, "n".repeat(70_000));
      await model.link(file, "short again", "/x");
    }
    expect(await isDense(path)).toEqual({ links: false, attributes: false });
    expect(trimmed(stock("list", path), ordered)).toEqual(model.listing(ordered));
    dumped(path);
  });

  test("is refused in the oldest object headers", async () => {
    await using file = await create(undefined, { libver: "earliest" });
    const large = file.root.attrs.set("large", new Int32Array(20_000));
    await expect(large).rejects.toThrow(/attributes of more than 64 KiB in the oldest object headers/);
    expect(await file.root.attrs.keys()).toEqual([]);
  });
});

describe.runIf(h5pyPresent())("dense links and attributes of stock", () => {
  const ORDERS = { none: 0, tracked: 1, indexed: 3 } as const;
  test.each([12, 300].flatMap((count) => Object.entries(ORDERS).map(([name, order]) => [count, name, order] as const)))(
    "%i of them, order %s, are edited where they lie, and by stock after us",
    async (count, name, order) => {
      const path = join(folder, `stock-${count}-${name}.h5`);
      const ordered = order > 0;
      const model = DenseModel.of(stock("make", path, count, order, "8,6", "8,6"));
      {
        await using file = await open(path, { mode: "r+" });
        for (let i = 0; i < 10; i++) {
          await model.link(file, `ours ${i}`, `/ours/${i}`);
          await model.set(file, `ours ${i}`, i);
          await model.unlink(file, `link ${i}`);
          await model.unset(file, `attribute ${i}`);
          await file.flush();
        }
        await model.set(file, "ours 5", new Int32Array(20_000).fill(5));
      }
      expect(await isDense(path)).toEqual({ links: true, attributes: true });
      expect(trimmed(stock("list", path), ordered)).toEqual(model.listing(ordered));
      dumped(path);
      const edited = stock("edit", path);
      dumped(path);
      const again = DenseModel.of(edited);
      expect(await ourListing(path, ordered)).toEqual(trimmed(edited, ordered));
      {
        await using file = await open(path, { mode: "r+" });
        for (const link of [...again.links.keys()].slice(5)) await again.unlink(file, link);
        for (const attribute of [...again.attributes.keys()].slice(5)) await again.unset(file, attribute);
      }
      expect(await isDense(path)).toEqual({ links: false, attributes: false });
      expect(trimmed(stock("list", path), ordered)).toEqual(again.listing(ordered));
      {
        await using file = await open(path, { mode: "r+" });
        for (const link of again.links.keys()) await again.unlink(file, link);
        for (const attribute of again.attributes.keys()) await again.unset(file, attribute);
      }
      expect(stock("edit", path).counts).toEqual([20, 20]);
      dumped(path);
    },
    60_000,
  );

  test("move at the limits that the file says", async () => {
    const path = join(folder, "limits.h5");
    const model = DenseModel.of(stock("make", path, 3, 1, "4,2", "3,1"));
    const at = async (count: number, dense: { links: boolean; attributes: boolean }): Promise<void> => {
      {
        await using file = await open(path, { mode: "r+" });
        for (let i = model.links.size; i < count; i++) {
          await model.link(file, `more ${i}`, "/x");
          await model.set(file, `more ${i}`, i);
        }
        for (const name of [...model.links.keys()].slice(count)) await model.unlink(file, name);
        for (const name of [...model.attributes.keys()].slice(count)) await model.unset(file, name);
      }
      expect(await isDense(path)).toEqual(dense);
      expect(trimmed(stock("list", path), true)).toEqual(model.listing(true));
    };
    await at(4, { links: false, attributes: true });
    await at(5, { links: true, attributes: true });
    await at(2, { links: true, attributes: true });
    await at(1, { links: false, attributes: true });
    await at(0, { links: false, attributes: false });
  });
});
