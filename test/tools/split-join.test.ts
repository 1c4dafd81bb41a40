import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/index.js";
import { create, isHdf5Error, open } from "../../src/index.js";
import { join, split } from "../../src/tools/index.js";

const MEMBER = 4096;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(joinPath(tmpdir(), "h5ts-tools-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => joinPath(folder, name);

/** A file of about 20 kB. */
async function makeFile(path: string, userBlock = 0): Promise<void> {
  await using file = await create(path, { userBlock });
  await file.root.createDataset("numbers", { data: Float64Array.from({ length: 2000 }, (_, i) => i) });
  await file.root.createDataset("chunked", {
    data: new Int16Array(2000).fill(7),
    chunkShape: [500],
    filters: ["deflate"],
  });
  await file.root.attrs.set("title", "a file to be divided");
}

async function expectContent(source: string, options?: Parameters<typeof open>[1]): Promise<void> {
  await using file = await open(source, options);
  const { data } = await (await file.dataset("numbers")).read(undefined, { as: "float64" });
  expect(data).toEqual(Float64Array.from({ length: 2000 }, (_, i) => i));
  expect(await (await file.dataset("chunked")).value([1999])).toBe(7);
  expect(await file.root.attrs.get("title")).toBe("a file to be divided");
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (thrown) {
    return thrown;
  }
  return expect.unreachable("it did not fail");
}

describe("split", () => {
  test("makes members of the size asked for, which open as a family", async () => {
    await makeFile(at("a.h5"));
    const members = await split(at("a.h5"), at("m_%03d.h5"), { memberSize: MEMBER });
    const sizes = members.map((name) => statSync(name).size);
    expect(members[1]).toBe(at("m_001.h5"));
    expect(sizes.slice(0, -1).every((size) => size === MEMBER)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThanOrEqual(statSync(at("a.h5")).size);
    await expectContent(at("m_%03d.h5"), { driver: "family" });
    await expectContent(at("m_%03d.h5"), { driver: "family", memberSize: MEMBER });
  });

  test("records the member size: another one is refused", async () => {
    await makeFile(at("a.h5"));
    await split(at("a.h5"), at("m_%d.h5"), { memberSize: MEMBER });
    const error = await failure(open(at("m_%d.h5"), { driver: "family", memberSize: 2 * MEMBER }));
    expect(isHdf5Error(error)).toBe(true);
  });

  test("a member alone is refused as a file", async () => {
    await makeFile(at("a.h5"));
    await split(at("a.h5"), at("m_%d.h5"), { memberSize: 2 ** 20 });
    expect(isHdf5Error(await failure(open(at("m_0.h5"))), "usage")).toBe(true);
  });

  test("takes any source, and reports progress up to the whole", async () => {
    await makeFile(at("a.h5"));
    const progress: (readonly [number, number | undefined])[] = [];
    const onProgress = ({ done, total }: { done: number; total: number | undefined }): number =>
      progress.push([done, total]);
    const members = await split(new Uint8Array(readFileSync(at("a.h5"))), at("m_%d.h5"), {
      memberSize: MEMBER,
      onProgress,
    });
    expect(progress).toHaveLength(members.length);
    const [done, total] = progress.at(-1) ?? [];
    expect(done).toBe(total);
  });

  test("replaces members that are there", async () => {
    await makeFile(at("a.h5"));
    writeFileSync(at("m_0.h5"), "old");
    await split(at("a.h5"), at("m_%d.h5"), { memberSize: 2 ** 20 });
    await expectContent(at("m_%d.h5"), { driver: "family" });
  });

  test("refuses to leave an older member behind the last one", async () => {
    await makeFile(at("a.h5"));
    writeFileSync(at("m_1.h5"), "old");
    const error = await failure(split(at("a.h5"), at("m_%d.h5"), { memberSize: 2 ** 20 }));
    expect(isHdf5Error(error, "exists") && error.path).toBe(at("m_1.h5"));
    expect(readdirSync(folder).sort()).toEqual(["a.h5", "m_1.h5"]);
  });

  test.each(["plain.h5", "two_%d_%d.h5", "text_%s.h5"])("refuses the pattern %s", async (pattern) => {
    await makeFile(at("a.h5"));
    const error = await failure(split(at("a.h5"), at(pattern), { memberSize: MEMBER }));
    expect(isHdf5Error(error, "usage") && error.argument).toBe("pattern");
  });

  test.each([0, -1, 1.5, 100, Number.NaN])("refuses the member size %d", async (memberSize) => {
    const error = await failure(split(at("a.h5"), at("m_%d.h5"), { memberSize }));
    expect(isHdf5Error(error, "usage") && error.argument).toBe("memberSize");
  });

  test("of what is no HDF5 file leaves nothing", async () => {
    writeFileSync(at("a.txt"), "no HDF5 file".repeat(1000));
    const error = await failure(split(at("a.txt"), at("m_%d.h5"), { memberSize: MEMBER }));
    expect(isHdf5Error(error, "format") && error.file).toBe(at("a.txt"));
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  test("that is cut short or cancelled on the way leaves nothing", async () => {
    await makeFile(at("a.h5"));
    const bytes = new Uint8Array(readFileSync(at("a.h5")));
    const inner = memoryDriver(bytes);
    const failing = {
      name: "failing",
      size: inner.size,
      read: async (offset: number, length: number) => {
        if (offset >= 2 * MEMBER && length === MEMBER) throw new Error("the medium is gone");
        return await inner.read(offset, length);
      },
    };
    expect(await failure(split(failing, at("m_%d.h5"), { memberSize: MEMBER }))).toHaveProperty(
      "message",
      "the medium is gone",
    );
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = (): void => controller.abort(reason);
    const cancelled = split(bytes, at("m_%d.h5"), { memberSize: MEMBER, onProgress, signal: controller.signal });
    expect(await failure(cancelled)).toBe(reason);
    expect(readdirSync(folder)).toEqual(["a.h5"]);
  });

  test("keeps a user block", async () => {
    await makeFile(at("a.h5"), 512);
    await split(at("a.h5"), at("m_%d.h5"), { memberSize: MEMBER });
    await expectContent(at("m_%d.h5"), { driver: "family" });
    await join(at("m_%d.h5"), at("b.h5"));
    expect(readFileSync(at("b.h5")).equals(readFileSync(at("a.h5")))).toBe(true);
  });
});

describe("join", () => {
  beforeEach(async () => {
    await makeFile(at("a.h5"));
    await split(at("a.h5"), at("m_%d.h5"), { memberSize: MEMBER });
  });

  test("of a file that was split gives the same bytes", async () => {
    await join(at("m_%d.h5"), at("b.h5"));
    expect(readFileSync(at("b.h5")).equals(readFileSync(at("a.h5")))).toBe(true);
  });

  test("of a family made by create gives a file that opens alone", async () => {
    {
      await using family = await create(at("c_%d.h5"), { driver: "family", memberSize: MEMBER });
      await family.root.createDataset("x", { data: new Int32Array(5000).fill(3) });
    }
    await join(at("c_%d.h5"), at("b.h5"));
    await using file = await open(at("b.h5"), { mode: "r+" });
    expect(await (await file.dataset("x")).value([4999])).toBe(3);
    await file.root.createGroup("more");
  });

  test("of a family that was edited has the edits", async () => {
    {
      await using family = await open(at("m_%d.h5"), { driver: "family", mode: "r+" });
      await family.root.createDataset("more", { data: new Float64Array(4000).fill(2) });
    }
    await join(at("m_%d.h5"), at("b.h5"));
    await expectContent(at("b.h5"));
    await using file = await open(at("b.h5"));
    expect(await (await file.dataset("more")).value([3999])).toBe(2);
  });

  test("writes to a driver too", async () => {
    const target = memoryDriver(new Uint8Array(10));
    await join(at("m_%d.h5"), target);
    expect(target.bytes()).toEqual(new Uint8Array(readFileSync(at("a.h5"))));
  });

  test("names a member that is missing, and leaves no file", async () => {
    rmSync(at("m_2.h5"));
    const error = await failure(join(at("m_%d.h5"), at("b.h5")));
    expect(error).toHaveProperty("message", expect.stringContaining("m_2.h5"));
    expect(readdirSync(folder)).not.toContain("b.h5");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("names a member that is short, and keeps the target that is there", async () => {
    truncateSync(at("m_1.h5"), 1000);
    writeFileSync(at("b.h5"), "keep me");
    const error = await failure(join(at("m_%d.h5"), at("b.h5")));
    expect(error).toHaveProperty("message", expect.stringContaining("m_1.h5"));
    expect(readFileSync(at("b.h5"), "utf8")).toBe("keep me");
  });

  test("refuses a member size that is not the family's", async () => {
    const error = await failure(join(at("m_%d.h5"), at("b.h5"), { memberSize: 2 * MEMBER }));
    expect(isHdf5Error(error)).toBe(true);
    expect(readdirSync(folder)).not.toContain("b.h5");
  });

  test("refuses members in the wrong order", async () => {
    copyFileSync(at("m_0.h5"), at("x.h5"));
    copyFileSync(at("m_1.h5"), at("m_0.h5"));
    copyFileSync(at("x.h5"), at("m_1.h5"));
    expect(isHdf5Error(await failure(join(at("m_%d.h5"), at("b.h5"))))).toBe(true);
  });
});
