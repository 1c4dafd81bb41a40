import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Dataset, open } from "../../src/index.js";
import { h5pyPresent, PYTHON } from "../interop/h5py.js";

const present = h5pyPresent();
const SCRIPT = fileURLToPath(new URL("../interop/swmr_writer.py", import.meta.url));

/** A process of h5py that writes step by step. */
class Writer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string) {
    this.#process = spawn(PYTHON, [SCRIPT, path]);
    this.#process.stdin.on("error", () => undefined); // the process has said why
    this.#process.stderr.on("data", (text) => console.error(String(text)));
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async answer(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  async step(command: string): Promise<string> {
    this.#process.stdin.write(`${command}\n`);
    return this.answer();
  }

  kill(): void {
    this.#process.kill();
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const numbers = async (dataset: Dataset): Promise<number[]> => [
  ...(await dataset.read(undefined, { as: "int32" })).data,
];

describe.runIf(present)("a file that libhdf5 is writing (SWMR)", () => {
  let folder: string;
  let writer: Writer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "h5ts-swmr-"));
  });
  afterEach(() => writer.kill());
  afterAll(() => rm(folder, { recursive: true }));

  test("shows the new extent and its data after refresh, and not before", async () => {
    const path = join(folder, "grows.h5");
    writer = new Writer(path);
    expect(await writer.answer()).toBe("ready");
    expect(await writer.step("grow 120")).toBe("done");
    await using file = await open(path);
    expect(file.wasNotClosed).toBe(true);
    const line = await file.dataset("line");
    const other = await file.dataset("line");
    const packed = await file.dataset("packed");
    const both = await file.dataset("both");
    const virtual = await file.dataset("virtual");
    expect(await numbers(line)).toEqual(range(120));
    expect(await numbers(virtual)).toEqual(range(120));
    // Past blocks and pages of the extensible array's first ones.
    for (const rows of [130, 700, 5000]) {
      expect(await writer.step(`grow ${rows}`)).toBe("done");
      const before = line.shape[0] ?? 0;
      expect(before).toBeLessThan(rows);
      expect(await numbers(line)).toEqual(range(before));
      await line.refresh();
      expect(line.shape).toEqual([rows]);
      expect(other.shape).toEqual([rows]);
      expect(await numbers(other)).toEqual(range(rows));
      await packed.refresh();
      expect(await numbers(packed)).toEqual(range(3 * rows));
      await both.refresh();
      const side = Math.floor(rows / 50);
      expect(both.shape).toEqual([side, side]);
      expect(await numbers(both)).toEqual(range(side * side));
      await virtual.refresh();
      expect(virtual.shape).toEqual([rows]);
      expect(await numbers(virtual)).toEqual(range(rows));
    }
    // The same chunks, written over.
    expect(await writer.step("change")).toBe("done");
    await line.refresh();
    expect((await numbers(line)).slice(0, 3)).toEqual([0, -1, -2].map((value) => value + 0));
    expect(await writer.step("close")).toBe("closed");
    await line.refresh();
    expect(line.shape).toEqual([5000]);
  });

  test("is read while it is written, and no value is wrong", async () => {
    const path = join(folder, "meanwhile.h5");
    writer = new Writer(path);
    await writer.answer();
    await writer.step("grow 10");
    await using file = await open(path);
    const packed = await file.dataset("packed");
    const writing = { done: false };
    const written = (async () => {
      for (let rows = 20; rows <= 1000; rows += 20) await writer.step(`grow ${rows}`);
    })().finally(() => {
      writing.done = true;
    });
    written.catch(() => undefined); // met below
    let looks = 0;
    while (!writing.done) {
      // Small reads are done at once: without a turn of the event loop nobody would be heard.
      await new Promise((resolve) => setImmediate(resolve));
      await packed.refresh();
      const rows = packed.length;
      expect(await numbers(packed)).toEqual(range(3 * rows));
      looks++;
    }
    await written;
    await packed.refresh();
    expect(packed.length).toBe(1000);
    expect(looks).toBeGreaterThan(1);
  });
});
