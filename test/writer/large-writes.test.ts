/** Large writes to chunks without filters: they go to the medium as they are, and never where something shows them. */
import { describe, expect, test } from "vitest";
import { memoryDriver, recording } from "../../src/drivers/index.js";
import { create, open } from "../../src/index.js";

const ROW = 64;
const CHUNK_ROWS = 1024; // 128 KiB
const GROWING = { datatype: "int16", shape: [0, ROW], maxShape: [null, ROW], chunkShape: [CHUNK_ROWS, ROW] } as const;

function numbered(rows: number, from = 0): Int16Array {
  return Int16Array.from({ length: rows * ROW }, (_, i) => (from * ROW + i) % 30_011);
}

/** As `toEqual`, which takes a tenth of a second for arrays as long as these. */
function expectSame(found: unknown, expected: Int16Array): void {
  if (!(found instanceof Int16Array)) throw new Error("no elements of int16");
  const first = expected.findIndex((value, i) => value !== found[i]);
  expect({ length: found.length, first }).toEqual({ length: expected.length, first: -1 });
}

describe.each(["earliest", "v108", "v110"] as const)("libver %s", (libver) => {
  test("rows are written once and no chunk is read, whatever their number has to do with the chunks", async () => {
    const driver = recording(memoryDriver());
    const file = await create(driver, { libver });
    const dataset = await file.root.createDataset("x", GROWING);
    const written = (): number =>
      driver.operations.reduce((sum, op) => sum + (op.kind === "write" ? op.bytes.length : 0), 0);
    let rows = 0;
    for (const count of [300, 700, 500, 300, 2000]) {
      await dataset.append(numbered(count, rows));
      rows += count;
      expect(written()).toBeGreaterThanOrEqual(rows * ROW * 2 - 512 * 1024); // what waits for the rows behind it
    }
    await file.flush();
    const atFlush = driver.operations.filter((op) => op.kind === "write" && op.bytes.length >= 4096);
    expect(atFlush.reduce((sum, op) => sum + (op.kind === "write" ? op.bytes.length : 0), 0)).toBe(rows * ROW * 2);
    await file.close();
    // What a flush writes over is read, to be put back if the medium refuses; chunks are not.
    expect(driver.operations.filter((op) => op.kind === "read" && op.length > 512)).toEqual([]);
    expect(written()).toBeLessThan(rows * ROW * 2 + 8192);
    const read = await open(driver);
    expectSame((await (await read.dataset("x")).read()).data, numbered(rows));
  });

  test("what is not written of a chunk holds the fill value", async () => {
    const file = await create(undefined, { libver });
    for (const fillValue of [0, 7]) {
      const spec = { ...GROWING, shape: [2 * CHUNK_ROWS, ROW], fillValue };
      const dataset = await file.root.createDataset(`fill ${fillValue}`, spec);
      await dataset.write(numbered(600), [[900, 1500]]);
      await file.flush();
      const expected = new Int16Array(2 * CHUNK_ROWS * ROW).fill(fillValue);
      expected.set(numbered(600), 900 * ROW);
      expectSame((await dataset.read()).data, expected);
    }
    await file.close();
  });

  test("space that held something else shows none of it", async () => {
    const file = await create(undefined, { libver });
    const old = await file.root.createDataset("old", { ...GROWING, shape: [CHUNK_ROWS, ROW] });
    await old.write(new Int16Array(CHUNK_ROWS * ROW).fill(-1));
    await file.flush();
    await file.root.delete("old");
    for (let i = 0; i < 3; i++) {
      await file.root.createGroup(`g${i}`);
      await file.flush();
    }
    const dataset = await file.root.createDataset("x", GROWING);
    await dataset.append(numbered(300));
    await file.flush();
    await dataset.resize([CHUNK_ROWS, ROW]);
    const expected = new Int16Array(CHUNK_ROWS * ROW);
    expected.set(numbered(300));
    expectSame((await dataset.read()).data, expected);
    await file.close();
  });

  test("space that was given to what is given up is cut off again", async () => {
    const driver = memoryDriver();
    await (await create(driver, { libver })).close();
    const before = driver.bytes().slice();
    for (const spec of [{ shape: [50_000], fill: { allocTime: "early" } }, GROWING] as const) {
      const file = await open(driver, { mode: "r+" });
      const dataset = await file.root.createDataset("x", { ...spec, datatype: "int16" });
      if (spec === GROWING) for (let i = 0; i < 5; i++) await dataset.append(numbered(300));
      expect(driver.size).toBeGreaterThan(before.length);
      await file.abort();
      expect(driver.bytes()).toEqual(before);
    }
  });

  test("rows that were cut off and come back are fill values until they are written", async () => {
    const file = await create(undefined, { libver });
    const dataset = await file.root.createDataset("x", GROWING);
    await dataset.append(numbered(900));
    await file.flush();
    await dataset.resize([300, ROW]);
    await dataset.append(numbered(400, 300));
    await dataset.resize([1000, ROW]);
    const expected = new Int16Array(1000 * ROW);
    expected.set(numbered(700));
    expectSame((await dataset.read()).data, expected);
    await file.flush();
    expectSame((await dataset.read()).data, expected);
    await file.close();
  });

  test("published elements are not overwritten in place", async () => {
    const driver = recording(memoryDriver());
    const file = await create(driver, { libver });
    const dataset = await file.root.createDataset("x", { ...GROWING, shape: [CHUNK_ROWS, ROW] });
    await dataset.write(numbered(CHUNK_ROWS));
    await file.flush();
    const places: number[] = [];
    for await (const { address } of dataset.chunks()) if (address !== undefined) places.push(address);
    const before = driver.operations.length;
    await dataset.write(numbered(600, 5), [[0, 600]]);
    await file.flush();
    const [place = -1] = places;
    for (const operation of driver.operations.slice(before)) {
      if (operation.kind !== "write") continue;
      const { offset, bytes } = operation;
      expect(offset + bytes.length <= place || offset >= place + CHUNK_ROWS * ROW * 2).toBe(true);
    }
    const expected = numbered(CHUNK_ROWS);
    expected.set(numbered(600, 5));
    expectSame((await dataset.read()).data, expected);
    await file.close();
  });

  test.each(["early", "late"] as const)(
    "what lay behind the end of the file, where a killed writer left it, is in no dataset: allocation %s",
    async (allocTime) => {
      const base = await create(undefined, { libver });
      await base.root.createGroup("g");
      const whole = await base.toBytes();
      await base.close();
      const left = new Uint8Array(whole.length + 20_000).fill(0xab);
      left.set(whole);
      const file = await open(memoryDriver(left), { mode: "r+" });
      const fill = { allocTime };
      const chunks = { chunkShape: [5000] };
      const spec = { datatype: "int16", shape: [15_000], fill } as const;
      const expected = new Int16Array(15_000);
      expected.fill(9, 3, 7);
      for (const [name, layout] of Object.entries({
        contiguous: {},
        fixed: chunks,
        growing: { ...chunks, maxShape: [null] },
      })) {
        const dataset = await file.root.createDataset(name, { ...spec, ...layout });
        await dataset.write(9, [[3, 7]]);
      }
      const reread = await open(await file.toBytes());
      await file.close();
      for (const name of ["contiguous", "fixed", "growing"]) {
        expectSame((await (await reread.dataset(name)).read()).data, expected);
      }
    },
  );
});
