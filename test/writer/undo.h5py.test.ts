/**
 * Headers of stock that cannot be changed inside one sector: what lies beside the file while they are written, and what
 * is found when the writer was stopped in the middle.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SideDriver, type SideState, type Step, sideDriver } from "../../scripts/crash/side-file.js";
import { applied, completed, epochsOf, type Write } from "../../scripts/crash/states.js";
import { nodeFileDriver, recording, type WritableDriver, withCache } from "../../src/drivers/index.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { create, Hdf5DriverError, type Hdf5File, type OpenOptions, open, type Source } from "../../src/index.js";
import { decodeUndo } from "../../src/io/undo-file.js";
import { repack } from "../../src/tools/index.js";
import { h5pyPresent, pythonCode, stockTree } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-undo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One dataset whose first edit was stopped in the middle of the write across a border. */
interface Cut {
  readonly name: string;
  readonly torn: SideState;
  readonly whole: SideState["image"];
}

const place = (name: string): { path: string; undo: string } => {
  const path = join(folder, name);
  return { path, undo: `${path}.h5ts-undo` };
};

/** Put a state on the disk. */
function put(name: string, { image, side }: SideState): { path: string; undo: string } {
  const at = place(name);
  writeFileSync(at.path, image);
  if (side !== undefined) writeFileSync(at.undo, side);
  return at;
}

async function editOne(file: Hdf5File, name: string): Promise<void> {
  const dataset = await file.dataset(name);
  await dataset.attrs.set("ours", "x");
  await file.flush();
}

/** The first write after an undo file, in part. */
function tornBy(image: SideState["image"], steps: readonly Step[]): SideState | undefined {
  const at = steps.findIndex(({ kind }) => kind === "side");
  if (at < 0) return undefined;
  const { content } = steps[at] as Step & { kind: "side" };
  const [patch] = decodeUndo(content as Uint8Array) ?? [];
  const isPatch = (step: Step | undefined): boolean => step?.kind === "write" && step.offset === patch?.address;
  const patchAt = steps.findIndex((step, i) => i > at && isPatch(step));
  const before = completed(image, [
    steps.slice(0, patchAt).filter((step): step is Write => "offset" in step || step.kind === "truncate"),
  ]);
  const { offset } = steps[patchAt] as Write & { kind: "write" };
  return { image: applied(before, steps[patchAt] as Write, 512 - (offset % 512)), side: content };
}

describe.runIf(h5pyPresent())("a change across a border of sectors", () => {
  let stock: SideState["image"];
  const cuts: Cut[] = [];
  /** Of each flush: barriers, and whether an undo file was written. */
  const flushes: { readonly barriers: number; readonly undo: boolean }[] = [];

  beforeAll(async () => {
    const path = join(folder, "stock.h5");
    const script = fileURLToPath(new URL("../../scripts/crash/stock_headers.py", import.meta.url));
    execFileSync("/usr/bin/python3", [script, path, "v108", "1"]);
    stock = new Uint8Array(readFileSync(path));
    const driver = sideDriver({ image: stock, side: undefined });
    await using file = await open(driver, { mode: "r+", durability: "power" });
    let image = stock;
    for (const name of (await file.root.keys()).filter((key) => key.startsWith("d"))) {
      const [start, { barriers }] = [driver.steps.length, file.stats()];
      await editOne(file, name);
      const steps = driver.steps.slice(start);
      const torn = tornBy(image, steps);
      image = driver.state.image;
      flushes.push({ barriers: file.stats().barriers - barriers, undo: torn !== undefined });
      if (torn !== undefined) cuts.push({ name, torn, whole: image });
    }
    expect(cuts.length).toBeGreaterThan(3);
  });

  /** What an undone edit leaves: no attribute of ours. */
  async function expectBefore(source: Source, name: string, options: OpenOptions = {}): Promise<void> {
    await using file = await open(source, options);
    expect(await (await file.dataset(name)).attrs.keys()).not.toContain("ours");
  }

  test("has an undo file; a flush with one has at most 7 barriers, and others have 3", () => {
    for (const { barriers, undo } of flushes) {
      if (undo) expect(barriers).toBeLessThanOrEqual(7);
      else expect(barriers).toBeLessThanOrEqual(3);
    }
  });

  test("that was stopped is read as it was before, and nothing is written for it", async () => {
    for (const { name, torn } of cuts) {
      await expect(expectBefore(torn.image, name)).rejects.toMatchObject({ code: "checksum" });
      const { path, undo } = put("read.h5", torn);
      await expectBefore(path, name);
      await expectBefore(await nodeFileDriver(path), name);
      await expectBefore(withCache(await nodeFileDriver(path)), name);
      expect(readFileSync(path).equals(torn.image)).toBe(true);
      expect(existsSync(undo)).toBe(true);
      // The whole file as bytes is the sound one.
      await using file = await open(path);
      await expectBefore(await file.toBytes(), name);
    }
  });

  test("that was stopped is undone by opening for writing; then stock reads it, and it can be made", async () => {
    for (const { name, torn } of cuts.slice(0, 2)) {
      const { path, undo } = put("undone.h5", torn);
      await (await open(path, { mode: "r+" })).close();
      expect(existsSync(undo)).toBe(false);
      expect(Object.keys(stockTree(path).links[name]?.attrs ?? {})).not.toContain("ours");
      {
        await using file = await open(path, { mode: "r+", durability: "power" });
        await editOne(file, name);
      }
      expect(existsSync(undo)).toBe(false);
      expect(stockTree(path).links[name]?.attrs?.ours).toBe("x");
      execFileSync("h5dump", ["-H", path], { maxBuffer: 2 ** 28 });
    }
  });

  test("is undone after stock has edited the rest of the file", async () => {
    const { name, torn } = cuts[0] as Cut;
    const { path, undo } = put("stock edits.h5", torn);
    const other = name === "d1" ? "d3" : "d1";
    const script = [
      "import h5py, sys",
      "file = h5py.File(sys.argv[1], 'r+')",
      "file[sys.argv[2]].resize(900, axis=0)",
      "file[sys.argv[2]][:] = 5",
      "file.create_group('made')",
      "file.close()",
    ];
    pythonCode(script.join("\n"), [path, other]);
    expect(statSync(path).size).not.toBe(torn.image.length);
    await (await open(path, { mode: "r+" })).close();
    expect(existsSync(undo)).toBe(false);
    const { links } = stockTree(path);
    expect(Object.keys(links[name]?.attrs ?? {})).not.toContain("ours");
    expect(links[other]?.shape).toEqual([900]);
    expect(links.made).toBeDefined();
  });

  test("is undone through symbolic links, links out of another file, and in members of a family", async () => {
    const { name, torn } = cuts[0] as Cut;
    const { path } = put("target.h5", torn);
    const link = join(folder, "link.h5");
    symlinkSync(path, link);
    await expectBefore(link, name);
    const outer = join(folder, "outer.h5");
    {
      await using file = await create(outer);
      await file.root.createExternalLink("out", "target.h5", `/${name}`);
    }
    await using file = await open(outer, { external: { dir: folder } });
    expect(await (await file.dataset("out")).attrs.keys()).not.toContain("ours");

    const pattern = join(folder, "member%d.h5");
    const memberSize = 8192;
    const member = (i: number): string => pattern.replace("%d", String(i));
    for (let at = 0; at < torn.image.length; at += memberSize)
      writeFileSync(member(at / memberSize), torn.image.subarray(at, at + memberSize));
    writeFileSync(`${member(0)}.h5ts-undo`, torn.side as Uint8Array);
    await expectBefore(pattern, name, { driver: "family" });
    await (await open(pattern, { driver: "family", mode: "r+" })).close();
    expect(existsSync(`${member(0)}.h5ts-undo`)).toBe(false);
    await expectBefore(pattern, name, { driver: "family" });
  });

  test("is not undone by a writer that the lock keeps out, nor given up by one", async () => {
    const { name, torn } = cuts[0] as Cut;
    const { path, undo } = put("locked.h5", torn);
    const lock = { pid: process.pid, host: "elsewhere", token: "theirs" };
    writeFileSync(`${path}.h5ts-lock`, JSON.stringify(lock));
    await expect(open(path, { mode: "r+" })).rejects.toMatchObject({ reason: "locked" });
    await expect(create(path)).rejects.toMatchObject({ reason: "locked" });
    expect(statSync(undo).size).toBe(torn.side?.length);
    rmSync(`${path}.h5ts-lock`);
    await expectBefore(path, name);
  });

  test("does nothing to a file that took the place of the one it was of", async () => {
    const { name, torn, whole } = cuts[0] as Cut;
    // The edit that was completed, the file of before, and another file.
    for (const [i, image] of [whole, stock].entries()) {
      const { path, undo } = put(`replaced ${i}.h5`, { image, side: torn.side });
      await using reader = await open(path);
      expect((await (await reader.dataset(name)).attrs.keys()).includes("ours")).toBe(image === whole);
      await (await open(path, { mode: "r+" })).close();
      expect(readFileSync(path).equals(image)).toBe(true);
      expect(existsSync(undo)).toBe(false);
    }
    const other = put("other.h5", torn);
    {
      await using file = await create(other.path);
      expect(existsSync(other.undo)).toBe(false);
      await file.root.createDataset("x", { data: Int32Array.of(1) });
    }
    const renamed = put("renamed.h5", torn);
    await repack(other.path, renamed.path);
    expect(existsSync(renamed.undo)).toBe(false);
    expect(Object.keys(stockTree(renamed.path).links)).toEqual(["x"]);
  });

  test("copies the sound file", async () => {
    const { name, torn } = cuts[0] as Cut;
    const { path } = put("copied.h5", torn);
    const to = join(folder, "copy.h5");
    await repack(path, to);
    await expectBefore(to, name);
  });

  test("leaves nothing behind after abort, and after a write that the medium refused", async () => {
    const { name } = cuts[0] as Cut;
    const { path, undo } = put("aborted.h5", { image: stock, side: undefined });
    const file = await open(path, { mode: "r+", durability: "power" });
    await editOne(file, name);
    await (await file.dataset(name)).attrs.set("more", 1);
    await file.abort();
    expect(existsSync(undo)).toBe(false);
    // Each write after the undo file is refused once.
    for (const which of [0, 1]) {
      const driver = sideDriver({ image: stock, side: undefined });
      const failing = refusing(driver, which);
      const edited = await open(failing, { mode: "r+", durability: "power" });
      await expect(editOne(edited, name)).rejects.toMatchObject({ code: "driver" });
      await edited.close().catch(() => undefined);
      expect(driver.state.side).toBeUndefined();
      await expectBefore(driver.state.image, name);
    }
  });

  test("is not made when the undo file cannot be written, unless the medium has no place for one", async () => {
    const { name } = cuts[0] as Cut;
    const driver = sideDriver({ image: stock, side: undefined });
    const sideFile = {
      ...(driver.sideFile as NonNullable<WritableDriver["sideFile"]>),
      write: () => Promise.reject(new Hdf5DriverError("memory", "is full", { status: "ENOSPC" })),
    };
    const file = await open(
      {
        ...driver,
        sideFile,
        get size() {
          return driver.size;
        },
      },
      { mode: "r+", durability: "power" },
    );
    await expect(editOne(file, name)).rejects.toMatchObject({ status: "ENOSPC" });
    await file.close().catch(() => undefined);
    await expectBefore(driver.state.image, name);

    const none = recording(memoryDriver(stock));
    expect(none.sideFile).toBeUndefined();
    await using plain = await open(none, { mode: "r+", durability: "power" });
    await editOne(plain, name);
    expect(epochsOf(none.operations).length).toBeGreaterThan(1);
  });

  test("is made without one where no undo file can be", async () => {
    const { name } = cuts[0] as Cut;
    const inner = join(folder, "inner");
    mkdirSync(inner);
    // With what is put behind it, the name is too long for the file system.
    const long = `${"a".repeat(245)}.h5`;
    writeFileSync(join(inner, long), stock);
    const file = await open(join(inner, long), { mode: "r+", durability: "power" });
    await editOne(file, name);
    await file.close();
    expect(readdirSync(inner)).toEqual([long]);
    await using edited = await open(join(inner, long));
    expect(await (await edited.dataset(name)).attrs.get("ours")).toBe("x");
  });

  test("never writes through a link that lies where the undo file comes", async () => {
    const { name } = cuts[0] as Cut;
    const { path, undo } = put("linked.h5", { image: stock, side: undefined });
    const victim = join(folder, "victim");
    writeFileSync(victim, "kept");
    symlinkSync(victim, undo);
    {
      await using file = await open(path, { mode: "r+", durability: "power" });
      await editOne(file, name);
    }
    expect(readFileSync(victim, "utf8")).toBe("kept");
    expect(stockTree(path).links[name]?.attrs?.ours).toBe("x");
  });
});

/** Refuses a write after the undo file was written, once. */
function refusing(driver: SideDriver, which: number): WritableDriver {
  let left = which;
  let armed = false;
  const { sideFile } = driver;
  return {
    ...driver,
    get size() {
      return driver.size;
    },
    sideFile: sideFile && {
      ...sideFile,
      write(bytes, durable) {
        armed = true;
        return sideFile.write(bytes, durable);
      },
    },
    async write(offset, bytes) {
      if (armed && which === 0 && left-- === 0) throw new Hdf5DriverError("memory", "refuses", { status: "EIO" });
      return driver.write(offset, bytes);
    },
    async flush() {
      if (armed && which === 1 && left-- === 1) throw new Hdf5DriverError("memory", "refuses", { status: "EIO" });
      return driver.flush();
    },
  };
}
