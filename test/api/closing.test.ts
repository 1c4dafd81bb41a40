import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { copy, create, type Dataset, type Driver, type Hdf5File, isHdf5Error, open } from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-closing-"));
const path = join(folder, "a.h5");
let bytes: Uint8Array;
/** The descriptors of this process can be counted where there is such a folder. */
const DESCRIPTORS = "/proc/self/fd";

beforeAll(async () => {
  const file = await create(path);
  const data = await file.root.createDataset("data", { datatype: "float64", shape: [1_000_000], chunkShape: [50_000] });
  await data.write(Float64Array.from({ length: 1_000_000 }, (_, i) => i));
  await file.flush();
  bytes = await file.toBytes();
  await file.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Rejections of these calls; a call that came through counts as `undefined`. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) => (result.status === "rejected" ? result.reason : undefined));
}

describe("closing while reads are in flight", () => {
  it.runIf(existsSync(DESCRIPTORS))("rejects them, and leaves no descriptor open", async () => {
    const before = readdirSync(DESCRIPTORS).length;
    for (let round = 0; round < 5; round++) {
      const file = await open(path, { cacheBytes: 0 });
      const data = await file.dataset("data");
      const calls = [data.read(), data.read([[10, 900_000]]), file.root.keys(), data.value([5])];
      const settled = outcomes(calls);
      await file.close();
      for (const error of await settled) {
        if (error !== undefined) expect(error).toMatchObject({ code: "state", reason: "closed", file: path });
      }
      await expect(data.read()).rejects.toMatchObject({ code: "state", reason: "closed" });
    }
    expect(readdirSync(DESCRIPTORS).length).toBe(before);
  });

  it("rejects what a driver never answers, and closes the driver once", async () => {
    const memory = memoryDriver(bytes);
    let stuck = false;
    let closed = 0;
    const driver: Driver = {
      name: "stuck",
      size: memory.size,
      read: (offset, length) => (stuck ? new Promise(() => {}) : memory.read(offset, length)),
      close: async () => {
        closed++;
      },
    };
    const file = await open(driver);
    const data = await file.dataset("data");
    stuck = true;
    const settled = outcomes([data.read(), data.read([[500_000, 500_010]])]);
    await file.close();
    await file.close();
    const errors = await settled;
    expect(errors.every((error) => isHdf5Error(error, "state") && error.reason === "closed")).toBe(true);
    expect(closed).toBe(1);
  });
});

describe("closing a file while it is written", () => {
  const calls: Record<string, (file: Hdf5File, data: Dataset) => Promise<unknown>> = {
    createGroup: ({ root }) => root.createGroup("a/b", { comment: "x" }),
    createDataset: ({ root }) => root.createDataset("a", { data: ["x"], attrs: { y: "z" } }),
    "createDataset with a fill value": ({ root }) =>
      root.createDataset("a", { datatype: "string", shape: [2], fillValue: "f" }),
    "createDataset from a source": ({ root }) => root.createDataset("a", { source: [[1], [2]] }),
    "createDataset of a type from a source": ({ root }) =>
      root.createDataset("a", { source: [[1], [2]], datatype: "int8", shape: [0] }),
    commit: ({ root }) => root.commit("t", "int8"),
    "flush behind a source": async (file) => {
      const made = file.root.createDataset("a", { source: [[1], [2]] });
      await Promise.all([file.flush(), made, file.toBytes()]);
    },
    copy: ({ root }, data) => copy(data, root, "copy"),
    append: (_, data) => data.append([1]),
    "attrs.get": ({ root }) => root.attrs.get("x"),
  };
  it.each(Object.keys(calls))("waits for what was called before: %s", async (name) => {
    for (const busy of [false, true]) {
      const file = await create();
      const data = await file.root.createDataset("data", { data: [1, 2], maxShape: [null] });
      await file.root.attrs.set("x", ["y"]);
      const before = busy ? file.root.createGroup("before") : undefined;
      const call = calls[name]?.(file, data);
      const closed = file.close();
      await expect(Promise.all([before, call, closed])).resolves.toBeDefined();
    }
  });
});

it.runIf(existsSync(DESCRIPTORS))("a file that cannot be opened leaves no descriptor open", async () => {
  const before = readdirSync(DESCRIPTORS).length;
  await expect(open(join(folder, "none.h5"))).rejects.toMatchObject({ code: "driver", status: "ENOENT" });
  await expect(open("/dev/null")).rejects.toThrow();
  expect(readdirSync(DESCRIPTORS).length).toBe(before);
});
