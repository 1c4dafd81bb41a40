/** Files that are written whole: the nth system call that writes fails, for every n. The target is as it was, and nothing lies beside it. */
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { create, deflate, isHdf5Error } from "../../src/index.js";
import { NWBFile, NWBHDF5IO, TimeSeries } from "../../src/nwb/index.js";
import { repack } from "../../src/tools/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-whole-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const real = { writeSync: fs.writeSync, ftruncateSync: fs.ftruncateSync, rename: fs.promises.rename };

/** Make the nth call that writes fail; gives the number of calls made so far. */
function failAt(n: number): () => number {
  let calls = 0;
  const pass = (): void => {
    if (++calls !== n) return;
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC", syscall: "write" });
  };
  const counted = <A extends unknown[], R>(call: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      pass();
      return call(...args);
    };
  };
  Object.assign(fs, { writeSync: counted(real.writeSync), ftruncateSync: counted(real.ftruncateSync) });
  fs.promises.rename = async (...args) => {
    pass();
    return real.rename(...args);
  };
  syncBuiltinESMExports();
  return () => calls;
}

function restore(): void {
  Object.assign(fs, { writeSync: real.writeSync, ftruncateSync: real.ftruncateSync });
  fs.promises.rename = real.rename;
  syncBuiltinESMExports();
}
afterEach(restore);

/** Run a job with every call failing in turn, until it passes. */
async function everyFault(target: string, job: () => Promise<unknown>): Promise<number> {
  const old = new TextEncoder().encode("what was there before");
  writeFileSync(target, old);
  const names = readdirSync(folder).sort();
  for (let n = 1; ; n++) {
    const calls = failAt(n);
    const error = await job().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    restore();
    if (error === undefined) {
      expect(calls()).toBeLessThan(n);
      expect(readdirSync(folder).sort()).toEqual(names);
      return n - 1;
    }
    expect(isHdf5Error(error, "driver") || isHdf5Error(error, "state"), `call ${n}: ${String(error)}`).toBe(true);
    expect(new Uint8Array(readFileSync(target)), `call ${n}`).toEqual(old);
    expect(readdirSync(folder).sort(), `call ${n}`).toEqual(names);
  }
}

describe("a medium that fails", () => {
  test("leaves the target of repack as it was", async () => {
    const source = join(folder, "source.h5");
    {
      await using file = await create(source);
      const data = Float64Array.from({ length: 3000 }, (_, i) => i);
      await file.root.createDataset("g/packed", { data, chunkShape: [500], filters: [deflate(1)] });
      for (let i = 0; i < 12; i++) await file.root.attrs.set(`a${i}`, "text ".repeat(i));
    }
    const target = join(folder, "target.h5");
    expect(await everyFault(target, () => repack(source, target))).toBeGreaterThan(4);
    await expect(repack(target, target)).resolves.toBeUndefined();
  });

  test("leaves the target of an NWB file, and of its export, as it was", async () => {
    const nwbfile = (): NWBFile => {
      const file = new NWBFile({
        sessionDescription: "faults",
        identifier: "faults",
        sessionStartTime: "2026-01-01T00:00:00+00:00",
      });
      file.addAcquisition(new TimeSeries({ name: "t", data: new Float64Array(2000), unit: "V", rate: 10 }));
      return file;
    };
    const target = join(folder, "target.nwb");
    const source = join(folder, "source.nwb");
    const write = async (path: string): Promise<void> => {
      await using io = await NWBHDF5IO.open(path, { mode: "w" });
      await io.write(nwbfile(), { cacheSpec: false });
    };
    await write(source);
    expect(await everyFault(target, () => write(target))).toBeGreaterThan(4);
    const exported = async (): Promise<void> => {
      await using srcIO = await NWBHDF5IO.open(source, { mode: "r" });
      await using io = await NWBHDF5IO.open(target, { mode: "w" });
      await io.export({ srcIO });
    };
    expect(await everyFault(target, exported)).toBeGreaterThan(4);
  });
});
