import { describe, expect, test } from "vitest";
import { coreDriver } from "../../src/drivers/core.js";
import type { WritableDriver } from "../../src/drivers/driver.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { multiDriver, multiMembers, splitDriver, splitMembers } from "../../src/drivers/multi.js";
import { readOnly } from "../../src/drivers/read-only.js";
import { isHdf5Error } from "../../src/errors.js";
import { numbered } from "./contract.js";
import { memberStore } from "./members.js";

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a split file", () => {
  test("has its raw data where libhdf5's addresses of them lead", async () => {
    const store = memberStore({ "x-m.h5": numbered(50), "x-r.h5": numbered(20).reverse() });
    const driver = await splitDriver({ name: "x", open: store.open });
    expect(driver.members).toEqual([
      { name: "x-m.h5", start: 0n, offset: 0, size: 50 },
      { name: "x-r.h5", start: 0x7fff_ffff_ffff_ffffn, offset: 2 ** 50, size: 20 },
    ]);
    expect(await driver.read(10, 5)).toEqual(numbered(50).subarray(10, 15));
    expect(await driver.read(2 ** 50 + 15, 100)).toEqual(numbered(20).reverse().subarray(15));
    // What lies behind a member is nowhere.
    expect(await driver.read(45, 100)).toEqual(numbered(50).subarray(45));
    expect(driver.size).toBe(2 ** 50 + 20);
    await driver.close();
    expect(store.openNow()).toBe(0);
  });

  test("needs its metadata, and takes missing raw data for none", async () => {
    const error = await failure(splitDriver({ name: "x", open: memberStore({ "x-r.h5": numbered(20) }).open }));
    expect(isHdf5Error(error, "driver") && [error.source, error.status]).toEqual(["x-m.h5", "ENOENT"]);
    const driver = await splitDriver({ name: "x", open: memberStore({ "x-m.h5": numbered(20) }).open });
    expect(driver.members[1]?.size).toBeUndefined();
    expect(driver.size).toBe(20);
  });
});

describe("a multi file", () => {
  test("has the members that libhdf5 makes", () => {
    expect(multiMembers("f").map(({ name }) => name)).toEqual([
      "f-s.h5",
      "f-b.h5",
      "f-r.h5",
      "f-g.h5",
      "f-l.h5",
      "f-o.h5",
    ]);
    expect(multiMembers("f")[2]?.start).toBe(0x5555_5555_5555_5554n);
  });

  test("refuses members that share a start, or of which none starts at 0", async () => {
    const { open } = memberStore();
    for (const starts of [[1n], [0n, 0n], []]) {
      const members = starts.map((start, i) => ({ name: `m${i}`, start }));
      expect(isHdf5Error(await failure(multiDriver({ members, open })), "usage")).toBe(true);
    }
  });

  test("closes what it opened when a member cannot be used", async () => {
    const store = memberStore({ "x-m.h5": numbered(20) });
    const open: typeof store.open = async (name, mode) =>
      name === "x-r.h5" ? { ...readOnly(memoryDriver()), size: 0 } : store.open(name, mode);
    expect(isHdf5Error(await failure(multiDriver({ members: splitMembers("x"), open, mode: "r+" })), "driver")).toBe(
      true,
    );
    expect(store.openNow()).toBe(0);
  });
});

describe("a file in memory with a backing file", () => {
  test("reaches the backing file when it is flushed or closed, and with what was changed only", async () => {
    const backing = memoryDriver(numbered(100));
    const writes: [number, number][] = [];
    const counted = {
      ...backing,
      get size() {
        return backing.size;
      },
      write: async (offset: number, bytes: Uint8Array) => {
        writes.push([offset, bytes.length]);
        await backing.write(offset, bytes);
      },
    };
    const driver = await coreDriver({ backing: counted });
    await driver.write(10, new Uint8Array([1, 2, 3]));
    await driver.write(12, new Uint8Array([4, 5]));
    await driver.write(120, new Uint8Array([6]));
    expect(backing.bytes()).toEqual(numbered(100));
    await driver.flush();
    expect(writes).toEqual([
      [10, 4],
      [120, 1],
    ]);
    expect(backing.bytes()).toEqual(driver.bytes());
    await driver.truncate(50);
    await driver.write(60, new Uint8Array([7]));
    await driver.close();
    expect([...backing.bytes().subarray(48)]).toEqual([...numbered(50).subarray(48), ...new Array(10).fill(0), 7]);
    expect(isHdf5Error(await failure(driver.read(0, 1)), "state")).toBe(true);
  });

  test("leaves a backing file alone that is read-only, or is to be left", async () => {
    const backing = memoryDriver(numbered(10));
    for (const options of [{ backing: readOnly(backing) }, { backing, writeBack: false }]) {
      const driver = await coreDriver(options);
      await driver.write(0, new Uint8Array([9]));
      await driver.close();
      expect(backing.bytes()).toEqual(numbered(10));
    }
    expect(isHdf5Error(await failure(coreDriver({ backing: readOnly(backing), writeBack: true })), "state")).toBe(true);
  });

  test("keeps what could not be written for the next attempt", async () => {
    const backing = memoryDriver(numbered(10));
    let full = true;
    const failing: WritableDriver = {
      ...backing,
      get size() {
        return backing.size;
      },
      write: async (offset, bytes) => {
        if (full) throw new Error("no space");
        await backing.write(offset, bytes);
      },
    };
    const driver = await coreDriver({ backing: failing });
    await driver.write(3, new Uint8Array([1]));
    await expect(driver.flush()).rejects.toThrow("no space");
    full = false;
    await driver.flush();
    expect(backing.bytes()[3]).toBe(1);
  });
});
