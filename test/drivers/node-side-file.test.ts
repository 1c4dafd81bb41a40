/** The undo file's place beside a file: what is made there, and what is left alone. */
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { nodeFileDriver } from "../../src/drivers/index.js";
import { sideFileOf } from "../../src/drivers/node-side-file.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-side-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, "a.h5");
const side = `${path}.h5ts-undo`;
const content = Uint8Array.of(1, 2, 3);

beforeEach(() => {
  rmSync(side, { force: true, recursive: true });
  writeFileSync(path, "a file");
});

describe("a side file", () => {
  test.each([true, false])("is written, replaced and removed (durable: %s)", async (durable) => {
    const file = sideFileOf(fs, path);
    expect(await file.read()).toBeUndefined();
    await file.remove(durable);
    expect(await file.write(content, durable)).toBe(true);
    expect(await file.write(Uint8Array.of(4, 5), durable)).toBe(true);
    expect(await file.read()).toEqual(Uint8Array.of(4, 5));
    expect([...readFileSync(side)]).toEqual([4, 5]);
    await file.remove(durable);
    expect(readdirSync(folder)).toEqual(["a.h5"]);
  });

  test("is that of the file, by every name, and of files opened by a path only", async () => {
    const link = join(folder, "link.h5");
    symlinkSync(path, link);
    await sideFileOf(fs, link).write(content, false);
    expect(readdirSync(folder).sort()).toEqual(["a.h5", "a.h5.h5ts-undo", "link.h5"]);
    const driver = await nodeFileDriver(link);
    expect(await driver.sideFile?.read()).toEqual(content);
    await driver.close();
    rmSync(link);
    const fd = fs.openSync(path, "r");
    expect((await nodeFileDriver({ fd })).sideFile).toBeUndefined();
    fs.closeSync(fd);
  });

  test("is no link that somebody put there, and no folder", async () => {
    const victim = join(folder, "victim");
    writeFileSync(victim, "kept");
    symlinkSync(victim, side);
    const file = sideFileOf(fs, path);
    expect(await file.read()).toBeUndefined();
    await file.remove(true);
    expect(existsSync(side)).toBe(true);
    expect(await file.write(content, true)).toBe(true);
    expect(readFileSync(victim, "utf8")).toBe("kept");
    rmSync(side);
    rmSync(victim);
    mkdirSync(side);
    expect(await file.read()).toBeUndefined();
    await file.remove(true);
    await expect(file.write(content, true)).rejects.toMatchObject({ code: "driver" });
  });

  test("is none where the runtime does not allow it: Deno gives permissions file by file", async () => {
    const refused = (): never => {
      throw Object.assign(new Error("Requires read access"), { name: "NotCapable" });
    };
    const denied = { ...fs, lstatSync: refused, openSync: refused, rmSync: refused } as unknown as typeof fs;
    const file = sideFileOf(denied, path);
    expect(await file.read()).toBeUndefined();
    expect(await file.write(content, true)).toBe(false);
    await file.remove(true);
  });

  test("is not left in part where the medium is full", async () => {
    const full = {
      ...fs,
      writeSync: () => {
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
      },
    } as unknown as typeof fs;
    await expect(sideFileOf(full, path).write(content, true)).rejects.toMatchObject({
      code: "driver",
      status: "ENOSPC",
    });
    expect(existsSync(side)).toBe(false);
  });
});
