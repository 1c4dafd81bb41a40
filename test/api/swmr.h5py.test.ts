import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { h5pyPresent } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-swmr-"));
afterAll(() => rmSync(folder, { recursive: true }));

// One line in, one step further, one line out.
const WRITER = `
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1], "w", libver="latest")
d = f.create_dataset("grows", (0, 3), "i4", maxshape=(None, 3), chunks=(4, 3))
two = f.create_dataset("both", (0, 0), "i4", maxshape=(None, None), chunks=(4, 4))
f.swmr_mode = True
print("ready", flush=True)
n = 0
for line in sys.stdin:
    rows = int(line)
    d.resize(n + rows, axis=0)
    d[n:] = np.arange(3 * n, 3 * (n + rows)).reshape(rows, 3)
    two.resize((n + rows, n + rows))
    two[n:, :] = n + rows
    n += rows
    d.flush(); two.flush()
    print(n, flush=True)
f.close()
print("closed", flush=True)
`;

class Writer {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string) {
    this.#process = spawn("/usr/bin/python3", ["-c", WRITER, path], { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("no output");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the writer ended");
    return value;
  }

  async add(rows: number): Promise<number> {
    this.#process.stdin?.write(`${rows}\n`);
    return Number(await this.line());
  }

  async close(): Promise<void> {
    this.#process.stdin?.end();
    expect(await this.line()).toBe("closed");
  }
}

describe.skipIf(!h5pyPresent())("a file that libhdf5 is growing with SWMR", () => {
  test("is read while it grows: refresh sees the new extent and its data", async () => {
    const path = join(folder, "grows.h5");
    const writer = new Writer(path);
    expect(await writer.line()).toBe("ready");
    const warnings: string[] = [];
    await using file = await open(path, { onWarning: ({ code }) => warnings.push(code) });
    expect(file.wasNotClosed).toBe(true);
    expect(warnings).toEqual(["not-closed"]);
    const dataset = await file.dataset("grows");
    const both = await file.dataset("both");
    expect(dataset.shape).toEqual([0, 3]);
    let known = 0;
    for (const rows of [1, 2, 5, 40, 300]) {
      const total = await writer.add(rows);
      expect(dataset.shape[0]).toBe(known); // nothing changes by itself
      await dataset.refresh();
      await both.refresh();
      known = total;
      expect(dataset.shape).toEqual([total, 3]);
      const { data } = await dataset.read(undefined, { as: "int32" });
      expect(data).toEqual(Int32Array.from({ length: 3 * total }, (_, i) => i));
      expect(both.shape).toEqual([total, total]);
      expect(await both.value([total - 1, total - 1])).toBe(total);
    }
    await writer.close();
    await dataset.refresh();
    expect(dataset.shape).toEqual([known, 3]);
    await using closed = await open(path, { notClosed: "refuse" });
    expect(closed.wasNotClosed).toBe(false);
  });

  test("is refused where the caller says so, and for writing", async () => {
    const path = join(folder, "refused.h5");
    const writer = new Writer(path);
    expect(await writer.line()).toBe("ready");
    const refused = expect.objectContaining({ code: "state", reason: "not-closed" });
    await expect(open(path, { notClosed: "refuse" })).rejects.toThrow(refused);
    await expect(open(path, { mode: "r+" })).rejects.toThrow(refused);
    await writer.close();
  });
});
