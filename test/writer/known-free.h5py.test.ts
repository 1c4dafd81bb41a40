/** Free space that the managers of a stock file know: used again, once they are given up. */
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookup3 } from "../../src/bytes/checksum.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { recording } from "../../src/drivers/recording.js";
import { open } from "../../src/index.js";
import { h5pyPresent } from "../interop/h5py.js";
import { applyOurs, type Edit, StockProcess, TurnsModel } from "../interop/turns.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-known-free-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const values = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
const numbered = (count: number, make: (i: number) => Edit): Edit[] => Array.from({ length: count }, (_, i) => make(i));
const dataset = (path: string, i: number, count: number): Edit => ({
  do: "dataset",
  path,
  kind: "plain",
  values: values(1000 * i, count),
});

const KINDS = {
  "free-space managers": { libver: "v108", strategy: 0 },
  "free-space managers, behind a user block": { libver: "v108", strategy: 0, userblock: 1024 },
  pages: { libver: "v108", strategy: 1 },
  "pages, latest format": { libver: "latest", strategy: 1 },
} as const;

describe.runIf(h5pyPresent())("space that free-space managers of stock know as free", () => {
  let stock: StockProcess;
  beforeAll(() => {
    stock = new StockProcess();
  });
  afterAll(() => stock.end());

  /** A file of stock with 60 datasets, of which every second was deleted again in a session of its own. */
  async function made(path: string, kind: keyof typeof KINDS, killed: Edit[] = []): Promise<TurnsModel> {
    const model = new TurnsModel();
    const apply = (edits: Edit[]): Edit[] => edits.filter((one) => model.apply(one));
    await stock.ask({ make: path, ...KINDS[kind] });
    const first = [
      ...numbered(60, (i) => dataset(`d${i}`, i, 500 + 40 * i)),
      ...numbered(8, (i) => dataset(`big${i}`, i, 6000)),
      ...numbered(20, (i): Edit => ({ do: "group", path: `g${i}` })),
    ];
    await stock.ask({ path, edits: apply(first) });
    const gone = [
      ...numbered(30, (i): Edit => ({ do: "delete", path: `d${2 * i}` })),
      ...numbered(6, (i): Edit => ({ do: "delete", path: `big${i}` })),
      ...numbered(10, (i): Edit => ({ do: "delete", path: `g${2 * i}` })),
    ];
    expect(await stock.ask({ path, edits: apply(gone) })).toEqual(model.tree());
    if (killed.length > 0) await stock.ask({ path, edits: apply(killed), fork: true, killed: true });
    return model;
  }

  const OURS = [
    ...numbered(12, (i) => dataset(`ours${i}`, i, 400 + 30 * i)),
    ...numbered(3, (i) => dataset(`ours big${i}`, i, 5500)),
    ...numbered(6, (i): Edit => ({ do: "group", path: `ours g${i}` })),
    ...numbered(6, (i): Edit => ({ do: "attr", path: `d${2 * i + 1}`, name: "x", value: [i] })),
  ];

  async function edit(path: string, edits: readonly Edit[], model: TurnsModel): Promise<void> {
    await using file = await open(path, { mode: "r+" });
    for (const one of edits) if (model.apply(one)) await applyOurs(file, one);
  }

  const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];

  test.each(kinds)("is used again in one session of ours, and the file does not grow: %s", async (kind) => {
    const path = join(folder, `${kind}.h5`);
    const model = await made(path, kind);
    const before = statSync(path).size;
    await edit(path, OURS, model);
    expect(statSync(path).size).toBeLessThanOrEqual(before);
    const theirs = [
      ...numbered(10, (i) => dataset(`theirs${i}`, i, 700)),
      ...numbered(5, (i): Edit => ({ do: "delete", path: `ours${i}` })),
    ];
    expect(await stock.ask({ path, edits: theirs.filter((one) => model.apply(one)) })).toEqual(model.tree());
    await edit(
      path,
      numbered(10, (i) => dataset(`again${i}`, i, 200)),
      model,
    );
    expect(await stock.ask({ path, edits: [] })).toEqual(model.tree());
  });

  // In the latest format a mark says that the writer has not closed the file, which is then refused.
  const LATE = { few: 5, "so many that the file has grown": 40 };
  test.each(kinds.slice(0, 3).flatMap((kind) => Object.entries(LATE).map(([name, count]) => ({ kind, name, count }))))(
    "is not used when a writer was killed since, whose data may lie there: $kind, $name",
    async ({ kind, count }) => {
      const path = join(folder, `killed, ${kind}, ${count}.h5`);
      const model = await made(
        path,
        kind,
        numbered(count, (i) => dataset(`late${i}`, i, 300 * (1 + (i % 12)))),
      );
      await edit(path, OURS, model);
      expect(await stock.ask({ path, edits: [] })).toEqual(model.tree());
    },
  );

  /** The manager at the end of a file without pages: its header, its list, and the first section in there. */
  function lastManager(bytes: Buffer): { header: number; list: number; listEnd: number; address: number } {
    const header = bytes.lastIndexOf("FSHD");
    const list = Number(bytes.readBigUInt64LE(header + 54));
    const listEnd = list + Number(bytes.readBigUInt64LE(header + 62));
    return { header, list, listEnd, address: list + 13 + 1 + 8 };
  }
  function summed(bytes: Buffer, from: number, to: number): void {
    bytes.writeUInt32LE(lookup3(bytes.subarray(from, to - 4)), to - 4);
  }

  test.each<[string, (bytes: Buffer) => void]>([
    ["a checksum is wrong", (bytes) => void bytes.writeUInt32LE(7, lastManager(bytes).listEnd - 4)],
    ["a section lies outside", (bytes) => movedSection(bytes, bytes.length)],
    [
      "a section lies over another one",
      (bytes) => movedSection(bytes, Number(bytes.readBigUInt64LE(lastManager(bytes).address + 18))),
    ],
    ["a section lies over the superblock", (bytes) => movedSection(bytes, 8)],
    ["a section lies over the root group", (bytes) => movedSection(bytes, 48)],
    [
      "the list is that of another manager",
      (bytes) => {
        const { list, listEnd } = lastManager(bytes);
        bytes.writeBigUInt64LE(8n, list + 5);
        summed(bytes, list, listEnd);
      },
    ],
    [
      "the file goes on behind the managers",
      (bytes) => {
        bytes.writeBigUInt64LE(BigInt(bytes.length + 512), 28);
        summed(bytes, 0, 48);
      },
    ],
  ])("is not used when %s: nothing that can be seen is lost", async (name, lie) => {
    const path = join(folder, `${name}.h5`);
    const model = await made(path, "free-space managers");
    const bytes = readFileSync(path);
    lie(bytes);
    writeFileSync(path, bytes);
    truncateSync(path, Number(bytes.readBigUInt64LE(28)));
    await edit(path, OURS, model);
    expect(statSync(path).size).toBeGreaterThan(bytes.length);
    expect(await stock.ask({ path, edits: [] })).toEqual(model.tree());
  });

  function movedSection(bytes: Buffer, to: number): void {
    const { list, listEnd, address } = lastManager(bytes);
    bytes.writeBigUInt64LE(BigInt(to), address);
    summed(bytes, list, listEnd);
  }

  test.each(kinds)("is written only behind the barrier that gives up the managers: %s", async (kind) => {
    const path = join(folder, `order, ${kind}.h5`);
    await made(path, kind);
    const bytes = readFileSync(path);
    const signatures = (at: Uint8Array): number => Buffer.from(at).toString("latin1").split("FSHD").length - 1;
    expect(signatures(bytes)).toBeGreaterThan(1);
    const driver = recording(memoryDriver(new Uint8Array(bytes)));
    await using file = await open(driver, { mode: "r+", durability: "power" });
    const writes = (): number => driver.operations.filter(({ kind: what }) => what === "write").length;
    await expect(file.root.createDataset("d1", { data: [1] })).rejects.toMatchObject({ code: "exists" });
    expect(writes()).toBe(0);
    await file.root.createDataset("ours", { data: Int32Array.from(values(0, 3000)) });
    const [extension, superblock, data] = driver.operations.filter(({ kind: what }) => what === "write");
    const order = driver.operations
      .filter(({ kind: what }) => what === "write" || what === "flush")
      .map((one) => one.kind);
    expect(order.slice(0, 5)).toEqual(["write", "flush", "write", "flush", "write"]);
    const userBlock = "userblock" in KINDS[kind] ? 1024 : 0;
    expect(superblock).toMatchObject({ offset: userBlock });
    const inside = [extension, data].map((one) => one?.kind === "write" && one.offset < bytes.length);
    expect(inside).toEqual([true, true]);
  });
});
