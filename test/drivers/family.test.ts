import { describe, expect, it } from "vitest";
import type { Driver, WritableDriver } from "../../src/drivers/driver.js";
import { familyDriver, memberName } from "../../src/drivers/family.js";
import { isMemberPattern } from "../../src/drivers/member-name.js";
import { Hdf5DriverError, Hdf5StateError, Hdf5UsageError, isHdf5Error } from "../../src/errors.js";
import { faulty } from "../../src/testing/faulty.js";
import { contentOf, numbered } from "./contract.js";
import { memberStore } from "./members.js";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const sizes = (store: ReturnType<typeof memberStore>) =>
  Object.fromEntries([...store.files].map(([name, file]) => [name, file.size]));

describe("a member's name", () => {
  it("is the pattern with its number, as printf writes it", () => {
    expect(memberName("part_%d.h5", 12)).toBe("part_12.h5");
    expect(memberName("part_%05d.h5", 12)).toBe("part_00012.h5");
    expect(memberName("%3u%%-%%", 7)).toBe("  7%-%");
    expect(memberName("%02d", 123)).toBe("123");
  });

  it.each(["part.h5", "%d-%d", "%s", "%x", "100%", "%%", "%-5d", "%123d", "%d%"])(
    "refuses the pattern %s",
    (pattern) => {
      expect(() => memberName(pattern, 0)).toThrow(Hdf5UsageError);
      expect(isMemberPattern(pattern)).toBe(false);
    },
  );
});

describe("opening a family", () => {
  const whole = numbered(25);
  const parts = { m0: whole.slice(0, 10), m1: whole.slice(10, 20), m2: whole.slice(20) };
  const opened = (files: Record<string, Uint8Array>, memberSize?: number) =>
    familyDriver({ pattern: "m%d", memberSize, open: memberStore(files).open });

  it("joins its members", async () => {
    const driver = await opened(parts, 10);
    expect(driver).toMatchObject({ name: "m0", size: 25, memberSize: 10, memberCount: 3 });
    expect(await contentOf(driver)).toEqual(whole);
  });

  it("without a member size takes that of member 0", async () => {
    const driver = await opened(parts);
    expect(driver).toMatchObject({ size: 25, memberSize: 10 });
    expect(await contentOf(driver)).toEqual(whole);
    expect(await contentOf(await opened({ m0: whole }))).toEqual(whole);
  });

  it("ends with the last member that is not empty, as libhdf5 leaves them", async () => {
    const driver = await opened({ ...parts, m3: new Uint8Array(0), m4: new Uint8Array(0) }, 10);
    expect(driver).toMatchObject({ size: 25, memberCount: 5 });
    expect((await opened({ m0: new Uint8Array(0) }, 10)).size).toBe(0);
  });

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    ["no member 0", {}, /^m0: is missing/],
    ["a short member that is not the last", { ...parts, m1: new Uint8Array(9) }, /^m1: has 9 bytes, expected 10: m2/],
    ["an empty member in between", { ...parts, m1: new Uint8Array(0) }, /^m1: has 0 bytes/],
    ["a longer member", { ...parts, m1: new Uint8Array(11) }, /^m1: has 11 bytes, more than the member size of 10/],
    ["a longer last member", { ...parts, m2: new Uint8Array(11) }, /^m2: has 11 bytes/],
  ])("names the member in case of %s", async (_, files, message) => {
    const error = await opened(files, 10).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Hdf5DriverError);
    expect(String((error as Error).message)).toMatch(message);
  });

  it("names the member that is missing or short for the size the file states", async () => {
    const { m2: _last, ...two } = parts;
    const driver = await opened(two, 10);
    expect(() => driver.requireSize(20)).not.toThrow();
    expect(() => driver.requireSize(25)).toThrow(/^m2: is missing/);
    expect(() => driver.requireSize(99)).toThrow(/^m2: is missing/);
    const short = await opened(parts, 10);
    expect(() => short.requireSize(26)).toThrow(/^m2: has 5 bytes, the file needs 6/);
    expect(() => short.requireSize(31)).toThrow(/^m2: has 5 bytes, the file needs 10/);
  });

  it("names the member that begins as only the first may", async () => {
    const driver = await opened({ m0: bytesOf("HDF-------"), m1: bytesOf("----HDF---"), m2: bytesOf("HDF") }, 10);
    await expect(driver.requireOneBeginning(bytesOf("HDF"))).rejects.toThrow(/^m2: is the beginning of another file/);
    await expect(driver.requireOneBeginning(bytesOf("HDF-"))).resolves.toBeUndefined();
  });

  it("is read from media that know their size after the first read, and say so late that they are not there", async () => {
    const failing = (status: number): Driver => ({
      size: undefined,
      read: () => Promise.reject(new Hdf5DriverError("device", "fails", { status })),
    });
    const late = (content: Uint8Array): Driver => {
      let size: number | undefined;
      return {
        get size() {
          return size;
        },
        async read(offset, length) {
          size = content.length;
          return content.slice(offset, offset + length);
        },
      };
    };
    const openAll =
      (beyond: number) =>
      async (name: string): Promise<Driver> => {
        const content = parts[name as keyof typeof parts];
        return content === undefined ? failing(beyond) : late(content);
      };
    const driver = await familyDriver({ pattern: "m%d", open: openAll(404) });
    expect(driver.size).toBe(25);
    await expect(familyDriver({ pattern: "m%d", open: openAll(403) })).rejects.toMatchObject({
      code: "driver",
      source: "m3",
      status: 403,
    });
  });

  it("refuses sizes and patterns that cannot be", async () => {
    for (const memberSize of [0, -1, 0.5, Number.NaN, Infinity]) {
      await expect(opened(parts, memberSize)).rejects.toThrow(Hdf5UsageError);
    }
    const { open } = memberStore(parts);
    await expect(familyDriver({ pattern: "m", memberSize: 10, open })).rejects.toThrow(Hdf5UsageError);
    await expect(familyDriver({ pattern: "m%d", open, mode: "r+" })).rejects.toThrow(Hdf5UsageError);
    await expect(familyDriver({ pattern: "m%d", open, mode: "create" })).rejects.toThrow(Hdf5UsageError);
  });

  it("cannot be written unless opened for it", async () => {
    const driver = await opened(parts, 10);
    await expect(driver.write(0, new Uint8Array(1))).rejects.toThrow(Hdf5StateError);
    await expect(driver.truncate(0)).rejects.toThrow(Hdf5StateError);
  });

  it("closes what it opened when it cannot go on", async () => {
    const store = memberStore({ ...parts, m1: new Uint8Array(11) });
    await expect(familyDriver({ pattern: "m%d", memberSize: 10, open: store.open })).rejects.toThrow();
    expect(store.openNow()).toBe(0);
  });
});

describe("writing a family", () => {
  it("makes members on demand, each filled before the next", async () => {
    const steps: string[] = [];
    const store = memberStore({}, (driver, name) => ({
      get size() {
        return driver.size;
      },
      read: driver.read,
      write: (offset, bytes) => {
        steps.push(`write ${name} ${offset}+${bytes.length}`);
        return driver.write(offset, bytes);
      },
      truncate: (size) => {
        steps.push(`truncate ${name} ${size}`);
        return driver.truncate(size);
      },
      flush: async () => {
        steps.push(`flush ${name}`);
      },
    }));
    const driver = await familyDriver({ pattern: "m%d", memberSize: 10, open: store.open, mode: "create" });
    await driver.write(3, new Uint8Array(2));
    await driver.write(28, new Uint8Array(4));
    expect(steps).toEqual(["write m0 3+2", "truncate m0 10", "truncate m1 10", "write m2 8+2", "write m3 0+2"]);
    expect(store.opened).toEqual(["create m0", "create m1", "create m2", "create m3"]);
    expect(sizes(store)).toEqual({ m0: 10, m1: 10, m2: 10, m3: 2 });
    steps.length = 0;
    await driver.flush();
    expect(steps).toEqual(["flush m3", "flush m2", "flush m1", "flush m0"]);
    steps.length = 0;
    await driver.write(11, new Uint8Array(1));
    await driver.flush();
    await driver.flush();
    expect(steps).toEqual(["write m1 1+1", "flush m1"]);
    await driver.close();
  });

  it("that ends with a member makes no empty one after it", async () => {
    const store = memberStore();
    const driver = await familyDriver({ pattern: "m%d", memberSize: 10, open: store.open, mode: "create" });
    await driver.write(0, new Uint8Array(20));
    expect(sizes(store)).toEqual({ m0: 10, m1: 10 });
    await driver.truncate(30);
    expect(sizes(store)).toEqual({ m0: 10, m1: 10, m2: 10 });
  });

  it("shorter empties the members behind, and they are used again", async () => {
    const store = memberStore();
    const driver = await familyDriver({ pattern: "m%d", memberSize: 10, open: store.open, mode: "create" });
    await driver.write(0, numbered(35));
    await driver.truncate(12);
    expect(sizes(store)).toEqual({ m0: 10, m1: 2, m2: 0, m3: 0 });
    expect(driver.size).toBe(12);
    await driver.write(25, new Uint8Array([1]));
    expect(sizes(store)).toEqual({ m0: 10, m1: 10, m2: 6, m3: 0 });
    expect((await driver.read(10, 16)).subarray(2, 15)).toEqual(new Uint8Array(13));
    expect(store.opened.filter((line) => line.startsWith("create"))).toHaveLength(4);
  });

  it("anew empties the members of an older family", async () => {
    const store = memberStore({ m0: numbered(10), m1: numbered(10), m2: numbered(3) });
    const driver = await familyDriver({ pattern: "m%d", memberSize: 20, open: store.open, mode: "create" });
    expect(driver.size).toBe(0);
    expect(sizes(store)).toEqual({ m0: 0, m1: 0, m2: 0 });
    await driver.write(0, new Uint8Array(5));
    await driver.close();
    expect((await familyDriver({ pattern: "m%d", memberSize: 20, open: store.open })).size).toBe(5);
  });

  it("goes on in mode r+", async () => {
    const store = memberStore({ m0: numbered(10), m1: numbered(4) });
    const driver = await familyDriver({ pattern: "m%d", memberSize: 10, open: store.open, mode: "r+" });
    await driver.write(13, new Uint8Array(10).fill(7));
    await driver.close();
    await driver.close();
    await expect(driver.read(0, 1)).rejects.toThrow(Hdf5StateError);
    const again = await familyDriver({ pattern: "m%d", memberSize: 10, open: store.open });
    expect((await contentOf(again)).subarray(13)).toEqual(new Uint8Array(10).fill(7));
    expect(again.size).toBe(23);
  });

  it("keeps few members open, however many there are", async () => {
    const store = memberStore();
    const driver = await familyDriver({ pattern: "m%d", memberSize: 4, open: store.open, mode: "create" });
    await driver.write(0, numbered(1000));
    expect(store.openNow()).toBeLessThanOrEqual(64);
    expect(await contentOf(driver)).toEqual(numbered(1000));
    await driver.flush();
    expect(store.openNow()).toBeLessThanOrEqual(250);
    await driver.write(2, new Uint8Array([1, 2, 3]));
    expect(await driver.read(0, 6)).toEqual(new Uint8Array([...numbered(2), 1, 2, 3, ...numbered(6).subarray(5)]));
    await driver.close();
    expect(store.openNow()).toBe(0);
  });
});

describe("a family of members that fail", () => {
  it("names the member that gives less than it holds", async () => {
    const store = memberStore({ m0: numbered(10), m1: numbered(10) }, (driver, name) =>
      name === "m1" ? faulty(driver, { readAtMost: 3 }) : driver,
    );
    const driver = await familyDriver({ pattern: "m%d", memberSize: 10, open: store.open });
    await expect(driver.read(0, 20)).rejects.toThrow(/^m1: gave 3 of 10 bytes/);
    expect(await driver.read(0, 10)).toEqual(numbered(10));
  });

  it("passes each failure on, and works when the call is made again", async () => {
    for (let failAt = 1; failAt <= 12; failAt++) {
      const wraps = new Map<string, WritableDriver>();
      const store = memberStore({}, (driver, name) => {
        const wrapped = wraps.get(name) ?? faulty(driver, { failAt: name === "m1" ? failAt : Infinity });
        wraps.set(name, wrapped);
        return wrapped;
      });
      const driver = await familyDriver({ pattern: "m%d", memberSize: 10, open: store.open, mode: "create" });
      const again = async (call: () => Promise<unknown>): Promise<number> => {
        for (let failures = 0; ; failures++) {
          try {
            await call();
            return failures;
          } catch (error) {
            if (!isHdf5Error(error, "driver") || failures > 0) throw error;
          }
        }
      };
      let failures = 0;
      failures += await again(() => driver.write(0, numbered(25)));
      failures += await again(() => driver.flush());
      failures += await again(() => driver.truncate(12));
      failures += await again(() => driver.write(5, new Uint8Array(20).fill(3)));
      failures += await again(() => driver.flush());
      const expected = new Uint8Array(25).fill(3);
      expected.set(numbered(5));
      failures += await again(async () => expect(await contentOf(driver)).toEqual(expected));
      expect(failures).toBe(failAt <= 6 ? 1 : 0);
      await driver.close();
    }
  });
});
