import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { create, type Driver, isHdf5Error, open } from "../../src/index.js";

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

it.runIf(existsSync(DESCRIPTORS))("a file that cannot be opened leaves no descriptor open", async () => {
  const before = readdirSync(DESCRIPTORS).length;
  await expect(open(join(folder, "none.h5"))).rejects.toMatchObject({ code: "driver", status: "ENOENT" });
  await expect(open("/dev/null")).rejects.toThrow();
  expect(readdirSync(DESCRIPTORS).length).toBe(before);
});
