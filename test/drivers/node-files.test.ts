import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { isWritable } from "../../src/drivers/driver.js";
import { nodeFileDriver } from "../../src/drivers/node-file.js";
import * as node from "../../src/drivers/platform-node.js";
import {
  exists,
  hasFileSystem,
  openInside,
  openPath,
  portable,
  removeFile,
  renameFile,
  resolveInside,
  temporaryBeside,
} from "../../src/drivers/platform-node.js";
import * as none from "../../src/drivers/platform-none.js";
import { relativeNameProblem } from "../../src/drivers/relative-name.js";
import { Hdf5DriverError, Hdf5PolicyError, Hdf5StateError, Hdf5UsageError } from "../../src/errors.js";
import { create, open } from "../../src/index.js";

const base = realpathSync(mkdtempSync(join(tmpdir(), "h5ts-files-")));
afterAll(() => rmSync(base, { recursive: true }));
let dir = base;
let count = 0;
beforeEach(() => {
  dir = join(base, String(++count));
  mkdirSync(dir);
});

describe("a node file", () => {
  it("that is not there is an error with path and code", async () => {
    const path = join(dir, "absent.h5");
    await expect(nodeFileDriver(path)).rejects.toMatchObject({ code: "driver", source: path, status: "ENOENT" });
    await expect(nodeFileDriver(path, { mode: "r+" })).rejects.toMatchObject({ status: "ENOENT" });
    expect(existsSync(path)).toBe(false);
  });

  it("of a name with a NUL is an error of usage, of every call with a path", async () => {
    const path = join(dir, "a\0b.h5");
    const usage = { code: "usage", argument: "path" };
    await expect(nodeFileDriver(path)).rejects.toMatchObject(usage);
    for (const mode of ["r", "r+", "w"] as const) await expect(openPath(path, mode)).rejects.toMatchObject(usage);
    await expect(temporaryBeside(path)).rejects.toMatchObject(usage);
    await expect(open(path)).rejects.toMatchObject(usage);
    await expect(create(path)).rejects.toMatchObject(usage);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("of a descriptor that is none is an error, of usage or of the system", async () => {
    for (const fd of [-1, 1.5, "5", undefined]) {
      await expect(nodeFileDriver({ fd: fd as number })).rejects.toMatchObject({ code: "usage", argument: "target" });
    }
    const path = join(dir, "a.h5");
    writeFileSync(path, "text");
    const fd = openSync(path, "r+");
    const driver = await nodeFileDriver({ fd, name: "gone" }, { mode: "r+" });
    closeSync(fd);
    const gone = { code: "driver", source: "gone", status: "EBADF" };
    await expect(open(driver)).rejects.toMatchObject(gone);
    await expect(open(driver, { mode: "r+" })).rejects.toMatchObject(gone);
  });

  it("is not replaced in mode wx", async () => {
    const path = join(dir, "a.h5");
    writeFileSync(path, "old");
    await expect(nodeFileDriver(path, { mode: "wx" })).rejects.toMatchObject({ status: "EEXIST" });
    expect(readFileSync(path, "utf8")).toBe("old");
    const driver = await nodeFileDriver(path, { mode: "w" });
    expect(driver.size).toBe(0);
    await driver.close();
  });

  it("sees what others append", async () => {
    const path = join(dir, "a.h5");
    writeFileSync(path, "abc");
    const driver = await nodeFileDriver(path);
    writeFileSync(path, "abcdef");
    expect(driver.size).toBe(6);
    expect(await driver.read(0, 10)).toHaveLength(6);
    await driver.close();
    expect(driver.size).toBe(6);
  });

  it("refuses writing in mode r and everything after close", async () => {
    const path = join(dir, "a.h5");
    writeFileSync(path, "abc");
    const driver = await nodeFileDriver(path);
    await expect(driver.write(0, new Uint8Array(1))).rejects.toThrow(Hdf5StateError);
    const reading = driver.read(0, 3);
    await driver.close();
    expect(await reading).toHaveLength(3);
    await expect(driver.read(0, 1)).rejects.toThrow(Hdf5StateError);
  });

  it("moves blocks larger than those done at once", async () => {
    const driver = await nodeFileDriver(join(dir, "a.h5"), { mode: "wx" });
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);
    await driver.write(5, bytes);
    await driver.flush();
    expect(Buffer.compare(await driver.read(5, 3_000_000), bytes)).toBe(0);
    await driver.close();
  });

  it("over a descriptor leaves it open", async () => {
    const path = join(dir, "a.h5");
    writeFileSync(path, "abc");
    const fd = openSync(path, "r");
    const driver = await nodeFileDriver({ fd });
    expect(await driver.read(1, 1)).toEqual(new Uint8Array([98]));
    await driver.close();
    closeSync(fd);
  });

  it("reports a folder with the system's code", async () => {
    const driver = await nodeFileDriver(dir);
    await expect(driver.read(0, 10)).rejects.toMatchObject({ status: "EISDIR", source: dir });
    await driver.close();
    await expect(nodeFileDriver(dir, { mode: "r+" })).rejects.toMatchObject({ status: "EISDIR" });
  });

  it("opened for reading has no writing methods through openPath", async () => {
    const path = join(dir, "a.h5");
    const writing = await openPath(path, "wx");
    expect(isWritable(writing)).toBe(true);
    await writing.close?.();
    const reading = await openPath(path, "r");
    expect(isWritable(reading)).toBe(false);
    await reading.close?.();
  });
});

describe("names that a file gives", () => {
  it.each([
    ["", "empty"],
    ["a\0b", "NUL"],
    ["/etc/passwd", "absolute"],
    ["\\\\server\\share", "absolute"],
    ["\\x", "absolute"],
    ["C:x", "drive"],
    ["c:\\x", "drive"],
    ["file:///etc/passwd", "scheme"],
    ["http://host/x", "scheme"],
    ["..", "upwards"],
    ["a/../../b", "upwards"],
    ["a\\..\\b", "upwards"],
    ["a/..", "upwards"],
  ])("refuses %j: %s", async (name, reason) => {
    expect(relativeNameProblem(name)).toContain(reason);
    await expect(resolveInside(dir, name)).rejects.toThrow(Hdf5PolicyError);
  });

  it.each(["a.h5", "./a.h5", "sub/a.h5", "a..b", "...", "%2e%2e", "%2fetc"])("accepts %j", (name) => {
    expect(relativeNameProblem(name)).toBeUndefined();
  });
});

describe("a file inside a folder", () => {
  it("is found by its relative name, from a folder below too", async () => {
    mkdirSync(join(dir, "sub"));
    writeFileSync(join(dir, "a.h5"), "a");
    writeFileSync(join(dir, "sub", "b.h5"), "b");
    expect(await resolveInside(dir, "a.h5")).toBe(join(dir, "a.h5"));
    expect(await resolveInside(dir, "sub/b.h5")).toBe(join(dir, "sub", "b.h5"));
    expect(await resolveInside(dir, "b.h5", join(dir, "sub"))).toBe(join(dir, "sub", "b.h5"));
    await expect(resolveInside(join(dir, "sub"), "a.h5", dir)).rejects.toThrow(Hdf5PolicyError);
    const driver = await openInside(dir, "sub/b.h5");
    expect(driver.name).toBe(join(dir, "sub", "b.h5"));
    expect(isWritable(driver)).toBe(false);
    expect(await driver.read(0, 9)).toEqual(new Uint8Array([98]));
    await driver.close?.();
  });

  it("may be reached by a symbolic link only when it lies inside", async () => {
    mkdirSync(join(dir, "in"));
    writeFileSync(join(dir, "out.h5"), "x");
    writeFileSync(join(dir, "in", "a.h5"), "a");
    symlinkSync("a.h5", join(dir, "in", "link.h5"));
    symlinkSync("../out.h5", join(dir, "in", "bad.h5"));
    symlinkSync("..", join(dir, "in", "up"));
    expect(await resolveInside(join(dir, "in"), "link.h5")).toBe(join(dir, "in", "a.h5"));
    await expect(resolveInside(join(dir, "in"), "bad.h5")).rejects.toThrow(Hdf5PolicyError);
    await expect(resolveInside(join(dir, "in"), "up/out.h5")).rejects.toThrow(Hdf5PolicyError);
    await expect(openInside(join(dir, "in"), "up/out.h5")).rejects.toThrow(Hdf5PolicyError);
  });

  it("must be there and be a regular file", async () => {
    mkdirSync(join(dir, "folder"));
    await expect(resolveInside(dir, "absent.h5")).rejects.toMatchObject({ code: "driver", status: "ENOENT" });
    await expect(resolveInside(dir, "folder")).rejects.toThrow(/no regular file/);
    await expect(resolveInside(dir, ".")).rejects.toThrow(/no regular file/);
    await expect(resolveInside(join(dir, "absent"), "a")).rejects.toThrow(Hdf5DriverError);
  });

  it.skipIf(process.platform === "win32")("is never a pipe, and asking does not hang", async () => {
    execFileSync("mkfifo", [join(dir, "pipe")]);
    await expect(openInside(dir, "pipe")).rejects.toThrow(/no regular file/);
  });

  it("whose sibling folder begins with the same name is outside", async () => {
    mkdirSync(join(dir, "data"));
    mkdirSync(join(dir, "data-secret"));
    writeFileSync(join(dir, "data-secret", "a.h5"), "a");
    symlinkSync(join(dir, "data-secret"), join(dir, "data", "way"));
    await expect(resolveInside(join(dir, "data"), "way/a.h5")).rejects.toThrow(Hdf5PolicyError);
  });
});

describe("a file written beside its target", () => {
  it("takes the target's place when it is complete", async () => {
    const target = join(dir, "out.h5");
    writeFileSync(target, "old");
    const file = await temporaryBeside(target);
    await file.driver.write(0, new Uint8Array([110, 101, 119]));
    expect(readFileSync(target, "utf8")).toBe("old");
    await file.commit();
    await file.discard();
    expect(readFileSync(target, "utf8")).toBe("new");
    expect(readdirSync(dir)).toEqual(["out.h5"]);
  });

  it("leaves nothing when it is discarded", async () => {
    const [a, b] = [await temporaryBeside(join(dir, "out.h5")), await temporaryBeside(join(dir, "out.h5"))];
    expect(a.path).not.toBe(b.path);
    await a.discard();
    await a.discard();
    await b.discard();
    expect(readdirSync(dir)).toEqual([]);
  });

  it("leaves pipes and folders of its target's name alone", async () => {
    execFileSync("mkfifo", [join(dir, "pipe")]);
    mkdirSync(join(dir, "folder"));
    for (const name of ["pipe", "folder"]) {
      await expect(temporaryBeside(join(dir, name))).rejects.toThrow(Hdf5UsageError);
      writeFileSync(join(dir, "new"), "new");
      await expect(renameFile(join(dir, "new"), join(dir, name))).rejects.toThrow(/no regular file/);
    }
    expect(statSync(join(dir, "pipe")).isFIFO()).toBe(true);
    expect(readdirSync(dir).sort()).toEqual(["folder", "new", "pipe"]);
  });

  it("takes the place of what a symbolic link leads to, with its permissions", async () => {
    mkdirSync(join(dir, "far"));
    writeFileSync(join(dir, "far", "out.h5"), "old", { mode: 0o600 });
    symlinkSync(join(dir, "far", "out.h5"), join(dir, "out.h5"));
    const file = await temporaryBeside(join(dir, "out.h5"));
    await file.driver.write(0, new Uint8Array([110, 101, 119]));
    await file.commit();
    expect(lstatSync(join(dir, "out.h5")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, "far", "out.h5"), "utf8")).toBe("new");
    expect(statSync(join(dir, "far", "out.h5")).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(dir, "far"))).toEqual(["out.h5"]);
  });

  it("does not take the place of a file that is open for writing", async () => {
    const target = join(dir, "out.h5");
    const writer = await openPath(target, "w");
    const file = await temporaryBeside(target);
    await expect(file.commit()).rejects.toMatchObject({ code: "state", reason: "locked" });
    await file.discard();
    await writer.close?.();
    expect(readdirSync(dir)).toEqual(["out.h5"]);
    await (await temporaryBeside(target)).commit();
    expect(readdirSync(dir)).toEqual(["out.h5"]);
  });

  it("needs a folder that is there", async () => {
    await expect(temporaryBeside(join(dir, "absent", "out.h5"))).rejects.toMatchObject({ status: "ENOENT" });
  });
});

describe("the platform", () => {
  it("removes, renames and looks for files", async () => {
    const path = join(dir, "a");
    writeFileSync(path, "a");
    expect(await exists(path)).toBe(true);
    expect(await exists(join(path, "below"))).toBe(false);
    await renameFile(path, join(dir, "b"));
    expect(await exists(path)).toBe(false);
    await removeFile(join(dir, "b"));
    await removeFile(join(dir, "b"));
    expect(readdirSync(dir)).toEqual([]);
    await expect(renameFile(path, join(dir, "c"))).rejects.toThrow(Hdf5DriverError);
    expect(portable(join("a", "b"))).toBe("a/b");
  });

  it("without a file system has the same names, and says what is missing", async () => {
    expect(Object.keys(none).sort()).toEqual(Object.keys(node).sort());
    expect([hasFileSystem, none.hasFileSystem]).toEqual([true, false]);
    await expect(none.openPath("a.h5", "r")).rejects.toThrow(Hdf5UsageError);
    await expect(none.temporaryBeside("a.h5")).rejects.toThrow(Hdf5UsageError);
    expect(() => none.join("a", "b")).toThrow(Hdf5UsageError);
  });
});
