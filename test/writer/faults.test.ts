/**
 * Every call of the medium fails once: reads, writes, truncations and flushes, with and without a type, half done, and
 * from there on. More of it: `npm run faults`.
 */
import { describe, expect, test } from "vitest";
import { FAULT_KINDS, type FaultKind, faultLoop } from "../../scripts/crash/fault-loop.js";
import { makeBase, OPERATIONS, type Operation } from "../../scripts/crash/operations.js";
import { create, type Hdf5File } from "../../src/index.js";

const SCRIPT = [
  "append filtered chunks",
  "move to another group",
  "make a dataset with attributes",
  "do several things",
].map((name) => OPERATIONS.find((operation) => operation.name === name));

describe.each(["earliest", "v108", "v110"] as const)("the medium of a file of libver %s", (libver) => {
  test.each(FAULT_KINDS)(
    "fails at any call (%s): the caller is told, and the file is at its last flush",
    async (kind: FaultKind) => {
      const file = await create(undefined, { libver });
      await makeBase(file);
      const base = new Uint8Array(await file.toBytes());
      const script = SCRIPT.map((operation) => operation ?? expect.fail("there is no such operation"));
      const durability = kind === "EIO" ? "process" : "power";
      const { byCall, faults } = await faultLoop(base, script, kind, durability);
      expect(faults).toEqual([]);
      for (const call of kind === "full" ? (["write"] as const) : (["read", "write"] as const)) {
        expect(byCall.get(call), call).toBeGreaterThan(5);
      }
    },
    60_000,
  );
});

test.each(["process", "power"] as const)(
  "chunks that show before their flush ends are taken back (%s)",
  async (durability) => {
    const file = await create(undefined, { libver: "v110" });
    const base = await makeGrowing(file);
    const overwrite = (value: number): Operation => ({
      name: "overwrite chunks and change a group",
      run: async (root) => {
        await (await root.dataset("x")).write(value, [[6, 9]]);
        await (await root.group("g")).attrs.set("a", value);
      },
    });
    const { faults, tried } = await faultLoop(base, [overwrite(90), overwrite(91)], "EIO", durability);
    expect(faults).toEqual([]);
    expect(tried).toBeGreaterThan(10);
  },
);

/** A dataset whose index is an extensible array, and a group. */
async function makeGrowing(file: Hdf5File): Promise<Uint8Array<ArrayBuffer>> {
  await file.root.createDataset("x", {
    data: Array.from({ length: 20 }, (_, i) => i),
    maxShape: [null],
    chunkShape: [4],
  });
  await (await file.root.createGroup("g")).attrs.set("a", 1);
  const bytes = new Uint8Array(await file.toBytes());
  await file.close();
  return bytes;
}
