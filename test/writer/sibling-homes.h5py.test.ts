/**
 * Old-style groups and version-1 chunk indexes of many nodes, in the state that each flush leaves: nodes lie away from home
 * then. libhdf5 empties, splits and merges every node of such a file, and finds all that is in it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { open } from "../../src/index.js";
import { h5pyPresent, python } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-siblings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(h5pyPresent())("a file whose writer stopped after a flush", () => {
  test.each([2, 3])("is edited by libhdf5 as it likes, %i edits to a flush", async (each) => {
    const path = join(folder, `${each}.h5`);
    python("h5py_siblings.py", "make", path);
    const driver = memoryDriver(new Uint8Array(readFileSync(path)));
    const file = await open(driver, { mode: "r+" });
    const group = await file.root.group("names");
    const rows = await file.root.dataset("rows");
    const names = new Set(await group.keys());
    let count = 120;
    const put = async (name: string): Promise<void> => {
      await group.createSoftLink(name, name);
      names.add(name);
    };
    const drop = async (name: string): Promise<void> => {
      await group.delete(name);
      names.delete(name);
    };
    const append = async (n: number): Promise<void> => {
      await rows.append(Int32Array.from({ length: n }, (_, i) => count + i));
      count += n;
    };
    const overwrite = (at: number): Promise<void> => rows.write(Int32Array.of(-at - 1), [[at, at + 1]]);
    const grid = await file.root.dataset("grid");
    const set = (i: number, j: number): Promise<void> => grid.write(Int32Array.of(1000 + 100 * i + j), [i, j]);
    const shrink = async (to: number): Promise<void> => {
      await rows.resize([to]);
      count = to;
    };
    const edits = [
      () => put("010a"),
      () => overwrite(61),
      () => set(3, 5),
      () => append(1),
      () => drop("031"),
      () => append(3),
      () => overwrite(60),
      () => put("zzz"),
      () => set(3, 6),
      () => set(5, 0),
      () => overwrite(4),
      () => drop("zzz"),
      () => append(9),
      () => drop("000"),
      () => shrink(111),
      () => put("0"),
      () => overwrite(90),
      () => set(3, 5),
      () => drop("032"),
      () => set(8, 12),
      () => append(20),
      () => set(0, 0),
      () => drop("033"),
      () => set(3, 4),
      () => put("0105"),
      () => overwrite(88),
      () => append(1),
    ];
    for (const [i, one] of edits.entries()) {
      await one();
      if ((i + 1) % each !== 0) continue;
      await file.flush();
      writeFileSync(path, driver.bytes());
      expect(python("h5py_siblings.py", "change", path, `${count}`, ...[...names].sort()).trim()).toBe("fine");
    }
    await file.close();
    writeFileSync(path, driver.bytes());
    expect(python("h5py_siblings.py", "change", path, `${count}`, ...[...names].sort()).trim()).toBe("fine");
  });
});
