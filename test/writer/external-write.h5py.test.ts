import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { readOnly } from "../../src/drivers/read-only.js";
import { create, type DatasetSpec, Hdf5DriverError, open, type WritableDriver } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const READ = `
import h5py, json, os, sys
os.chdir(sys.argv[1])
with h5py.File(sys.argv[2], "r") as f:
    d = f["d"]
    print(json.dumps([list(d.shape), d[()].ravel().tolist()]))
`;
const MAKE = `
import h5py, os, sys, numpy as np
os.chdir(sys.argv[1])
with h5py.File(sys.argv[2], "w", libver=sys.argv[3]) as f:
    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_external(b"a.raw", 4, 24)
    how.set_external(b"b.raw", 0, h5py.h5f.UNLIMITED)
    space = h5py.h5s.create_simple((3, 4), (h5py.h5s.UNLIMITED, 4))
    h5py.h5d.create(f.id, b"d", h5py.h5t.STD_I32LE, space, how)
    f["d"][...] = np.arange(12).reshape(3, 4)
`;
const APPEND = `
import h5py, os, sys
os.chdir(sys.argv[1])
with h5py.File(sys.argv[2], "r+") as f:
    d = f["d"]
    d.id.set_extent((d.shape[0] + 1, 4))
    d[-1] = [90, 91, 92, 93]
`;

let folder = "";
const folders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "h5ts-external-"));
  folders.push(folder);
});
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});
const python = (script: string, ...args: string[]): string => pythonCode(script, [folder, ...args]);
const stored = (name: string): number[] => {
  const bytes = readFileSync(join(folder, name));
  return [...new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))];
};

/** Twelve integers: the first six behind four bytes of one file, the others in a second one that may grow. */
const spec: DatasetSpec = {
  datatype: "int32",
  shape: [3, 4],
  maxShape: [null, 4],
  layout: {
    kind: "external",
    files: [
      { file: "a.raw", offset: 4, size: 24 },
      { file: "b.raw", offset: 0, size: Number.POSITIVE_INFINITY },
    ],
  },
};
const twelve = Int32Array.from({ length: 12 }, (_, i) => i);

describe.skipIf(!h5pyPresent())("raw data in other files", () => {
  for (const libver of ["earliest", "v108", "latest"] as const) {
    test(`are written, appended to and read by libhdf5, in files of ours (${libver})`, async () => {
      const path = join(folder, "f.h5");
      {
        await using file = await create(path, { libver, external: { dir: folder } });
        const dataset = await file.root.createDataset("d", { ...spec, data: twelve });
        expect([...(await dataset.read(undefined, { as: "int32" })).data]).toEqual([...twelve]);
      }
      expect([stored("a.raw"), stored("b.raw")]).toEqual([
        [0, 0, 1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10, 11],
      ]);
      const expected = [...twelve];
      expect(JSON.parse(python(READ, "f.h5"))).toEqual([[3, 4], expected]);
      {
        await using file = await open(path, { mode: "r+", external: { dir: folder } });
        const dataset = await file.dataset("d");
        await dataset.write([50, 60, 70], [[0, 3], 1]);
        await dataset.append([[20, 21, 22, 23]]);
        expect(dataset.shape).toEqual([4, 4]);
      }
      [expected[1], expected[5], expected[9]] = [50, 60, 70];
      expected.push(20, 21, 22, 23);
      expect(JSON.parse(python(READ, "f.h5"))).toEqual([[4, 4], expected]);
      python(APPEND, "f.h5");
      expected.push(90, 91, 92, 93);
      await using file = await open(path, { external: { dir: folder } });
      const dataset = await file.dataset("d");
      expect([dataset.shape, [...(await dataset.read(undefined, { as: "int32" })).data]]).toEqual([[5, 4], expected]);
    });

    test(`are written, resized and appended to in files of libhdf5 (${libver})`, async () => {
      python(MAKE, "s.h5", libver === "v108" ? "earliest" : libver);
      {
        await using file = await open(join(folder, "s.h5"), { mode: "r+", external: { dir: folder } });
        const dataset = await file.dataset("d");
        await dataset.resize([2, 4]);
        await dataset.append([
          [20, 21, 22, 23],
          [24, 25, 26, 27],
        ]);
        await dataset.write(7, [0, { at: [3, 0] }]);
      }
      const expected = [7, 1, 2, 7, 4, 5, 6, 7, 20, 21, 22, 23, 24, 25, 26, 27];
      expect(JSON.parse(python(READ, "s.h5"))).toEqual([[4, 4], expected]);
      python(APPEND, "s.h5");
      expect(JSON.parse(python(READ, "s.h5"))).toEqual([
        [5, 4],
        [...expected, 90, 91, 92, 93],
      ]);
    });
  }
});

describe("raw data in other files", () => {
  test("of a source grow row by row", async () => {
    const path = join(folder, "f.h5");
    await using file = await create(path, { external: { dir: folder } });
    const source = [[[1, 2, 3, 4]], [[5, 6, 7, 8]]];
    const dataset = await file.root.createDataset("d", { ...spec, shape: [0, 4], source });
    expect([...(await dataset.read(undefined, { as: "int32" })).data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("go where a function says, which is told what is asked, and only to what can be written", async () => {
    const media: Record<string, WritableDriver> = { "a.raw": memoryDriver(), "b.raw": memoryDriver() };
    const asked: unknown[] = [];
    let writable = true;
    await using file = await create(undefined, {
      external: (target, context) => {
        asked.push([target, context]);
        const driver = media[target];
        return driver === undefined || writable ? driver : readOnly(driver);
      },
    });
    const dataset = await file.root.createDataset("g/d", { ...spec, data: twelve });
    const context = { kind: "raw-data", path: "/g/d", file: "memory", mode: "r+" };
    expect(asked).toEqual([
      ["a.raw", context],
      ["b.raw", context],
    ]);
    expect([...(await dataset.read([0], { as: "int32" })).data]).toEqual([0, 1, 2, 3]);
    expect(asked[2]).toEqual(["a.raw", { kind: "raw-data", path: "/g/d", file: "memory" }]);
    writable = false;
    await expect(dataset.write(1)).rejects.toMatchObject({ code: "state", reason: "read-only" });
    await expect(dataset.append([[1, 2, 3, 4]])).rejects.toMatchObject({ code: "state" });
    expect(dataset.shape).toEqual([3, 4]);
  });

  test("are refused by the default policy, with nothing made and no row added", async () => {
    const path = join(folder, "f.h5");
    await using file = await create(path);
    await expect(file.root.createDataset("d", { ...spec, data: twelve })).rejects.toMatchObject({ code: "policy" });
    const dataset = await file.root.createDataset("d", spec);
    await expect(dataset.append([[1, 2, 3, 4]])).rejects.toMatchObject({ code: "policy", target: "b.raw" });
    expect(dataset.shape).toEqual([3, 4]);
    expect(existsSync(join(folder, "a.raw"))).toBe(false);
  });

  test("stay inside the folder, and never are the file itself", async () => {
    const inside = mkdtempSync(join(folder, "inside-"));
    const path = join(inside, "f.h5");
    await using file = await create(path, { external: { dir: inside } });
    await file.flush();
    writeFileSync(join(folder, "outside.raw"), "kept");
    symlinkSync(join(folder, "outside.raw"), join(inside, "link.raw"));
    symlinkSync(join(folder, "new.raw"), join(inside, "dangling.raw"));
    linkSync(path, join(inside, "other-name.raw"));
    const at = (name: string): DatasetSpec => ({
      ...spec,
      layout: { kind: "external", files: [{ file: name, offset: 0, size: Number.POSITIVE_INFINITY }] },
      data: twelve,
    });
    for (const name of ["../outside.raw", "link.raw", "f.h5", "other-name.raw"]) {
      await expect(file.root.createDataset("d", at(name)), name).rejects.toMatchObject({ code: "policy" });
    }
    // What cannot be had fails alone: the session goes on.
    for (const name of ["dangling.raw", "no/folder.raw"]) {
      await expect(file.root.createDataset("d", at(name)), name).rejects.toMatchObject({ code: "driver" });
    }
    expect(await file.root.keys()).toEqual([]);
    expect(readFileSync(join(folder, "outside.raw"), "utf8")).toBe("kept");
    expect(existsSync(join(folder, "new.raw"))).toBe(false);
    await file.root.createDataset("d", at("fine.raw"));
    expect(readFileSync(join(inside, "fine.raw")).length).toBe(48);
  });

  test("are durable before the file says that there are more, with durability power", async () => {
    const events: string[] = [];
    const watched = (name: string, inner: WritableDriver): WritableDriver => ({
      get size() {
        return inner.size;
      },
      read: (offset, length) => inner.read(offset, length),
      truncate: (size) => inner.truncate(size),
      write: async (offset, bytes) => {
        events.push(`write ${name}`);
        await inner.write(offset, bytes);
      },
      flush: async () => {
        events.push(`sync ${name}`);
        await inner.flush();
      },
    });
    const raw = watched("raw", memoryDriver());
    await using file = await create(watched("file", memoryDriver()), { durability: "power", external: () => raw });
    const layout = { kind: "external", files: [{ file: "a.raw", offset: 0, size: Number.POSITIVE_INFINITY }] } as const;
    const dataset = await file.root.createDataset("d", { ...spec, layout });
    await file.flush();
    events.length = 0;
    await dataset.append([[1, 2, 3, 4]]);
    expect(events).toEqual(["write raw", "sync raw"]);
    await file.flush();
    expect(events.slice(2).filter((event) => event.includes("raw"))).toEqual([]);
    expect(events).toContain("sync file");
  });

  test("that cannot be written leave the file as it was, and open for more", async () => {
    const full: WritableDriver = {
      ...memoryDriver(),
      async write() {
        throw new Hdf5DriverError("disk", "is full", { status: "ENOSPC" });
      },
    };
    await using file = await create(undefined, { external: () => full });
    const dataset = await file.root.createDataset("d", spec);
    await expect(dataset.append([[1, 2, 3, 4]])).rejects.toMatchObject({ code: "driver", status: "ENOSPC" });
    expect(dataset.shape).toEqual([3, 4]);
    await file.root.createGroup("g");
    await file.flush();
    await using again = await open(await file.toBytes());
    expect((await again.dataset("d")).shape).toEqual([3, 4]);
  });

  test("have the room that their list gives them, and rows of one length", async () => {
    await using file = await create(undefined, { external: () => memoryDriver() });
    const files = [{ file: "a.raw", offset: 0, size: 64 }];
    const dataset = await file.root.createDataset("d", {
      datatype: "int32",
      shape: [2, 4],
      maxShape: [4, 4],
      layout: { kind: "external", files },
    });
    await dataset.resize([4, 4]);
    await expect(dataset.resize([5, 4])).rejects.toMatchObject({ code: "usage" });
    await expect(dataset.resize([4, 3])).rejects.toMatchObject({ code: "usage" });
  });
});
