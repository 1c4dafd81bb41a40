import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { splitDriver } from "../../src/drivers/multi.js";
import { nodeFileDriver } from "../../src/drivers/node-file.js";
import { copy, create, type Hdf5File, isHdf5Error, open, type Reference } from "../../src/index.js";
import { repack } from "../../src/tools/index.js";
import { rangeServer } from "../drivers/range-server.js";
import { h5pyPresent, python } from "../interop/h5py.js";

const present = h5pyPresent();
const LINE = Int32Array.from({ length: 1000 }, (_, i) => i);

/** What storage_files.py's `fill_members` wrote. */
async function expectContent(file: Hdf5File): Promise<void> {
  expect((await (await file.dataset("line")).read(undefined, { as: "int32" })).data).toEqual(LINE);
  const packed = await file.dataset("packed");
  expect(packed.chunkShape).toEqual([7, 8]);
  expect((await packed.read(undefined, { as: "int32" })).data).toEqual(LINE);
  expect((await (await file.dataset("group/deep")).read([[0, 3]], { as: "int32" })).data).toEqual(
    Int32Array.of(999, 998, 997),
  );
  const group = await file.group("group");
  expect(await group.keys()).toHaveLength(31);
  expect(await (await group.dataset("link29")).value()).toBe(29);
  expect(await group.attrs.get("text")).toBe("vlen");
  expect(await file.root.attrs.get("numbers", { as: "numbers" })).toEqual([0, 1, 2, 3, 4]);
}

/** What storage_files.py's `fill_addresses` wrote. */
async function expectAddresses(file: Hdf5File): Promise<void> {
  const told = async (reference: Reference | null): Promise<unknown> => {
    if (reference?.kind !== "region-reference") return reference && file.pathOf(reference);
    const { dataset, selection } = await file.deref(reference);
    return [await file.pathOf(reference), [...(await dataset.read(selection, { as: "int32" })).data]];
  };
  const regions = (await (await file.dataset("regions")).value()) as readonly (Reference | null)[];
  expect(await Promise.all(regions.map(told))).toEqual([["/line", [5, 6, 7]], null, ["/packed", [1, 2, 26, 27]]]);
  expect(await told((await file.root.attrs.get("region")) as Reference)).toEqual(["/line", [1]]);
  expect(await (await file.dataset("lists")).value()).toEqual([["a", "bc"], ["größe"]]);
  const [targets] = (await (await file.dataset("targets")).value()) as readonly (readonly Reference[])[];
  expect(await Promise.all((targets ?? []).map(told))).toEqual(["/group", "/line"]);
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.runIf(present)("files of libhdf5's split and multi drivers", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "h5ts-multi-"));
    for (const kind of ["split", "multi"]) {
      await mkdtemp(join(folder, kind)).then((made) => rename(made, join(folder, kind)));
      python("storage_files.py", kind, join(folder, kind));
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(["old", "new", "v108"])("split, %s format, is read by the name its members share", async (name) => {
    await using file = await open(join(folder, "split", name), { driver: "split" });
    await expectContent(file);
    if (name === "v108") return;
    expect(await (await file.dataset("words")).value()).toEqual(["a", "bc"]);
    const reference = await (await file.dataset("link")).value();
    expect(await file.pathOf(reference as Parameters<Hdf5File["pathOf"]>[0])).toBe("/group");
    await expectAddresses(file);
    // Nothing stays behind from the first time.
    await expectAddresses(file);
  });

  test.each(["old", "new"])("multi, %s format, is read with its metadata in five members", async (name) => {
    await using file = await open(join(folder, "multi", name), { driver: "multi" });
    await expectContent(file);
    await expectAddresses(file);
  });

  test.each(["split", "multi"] as const)(
    "%s, on a web server, are read by what the URLs of their members share",
    async (driver) => {
      const server = await rangeServer({});
      try {
        for (const name of readdirSync(join(folder, driver))) {
          if (name.endsWith(".h5")) server.files[name] = readFileSync(join(folder, driver, name));
        }
        await using file = await open(`${server.url}/new?key=1`, { driver });
        await expectContent(file);
        expect(server.asked.length).toBeGreaterThan(0);
        expect(server.asked.every(({ path }) => path.endsWith(".h5?key=1"))).toBe(true);
      } finally {
        await server.close();
      }
    },
  );

  test("are copied into one file", async () => {
    await using source = await open(join(folder, "split", "new"), { driver: "split" });
    await using target = await create();
    for await (const [name, object] of source.root.entries()) {
      if (object.kind !== "unresolved") await copy(object, target.root, name);
    }
    for (const [name, value] of [["numbers", Int32Array.of(0, 1, 2, 3, 4)]] as const)
      await target.root.attrs.set(name, value);
    await target.flush();
    await expectContent(target);
    expect(await (await target.dataset("words")).value()).toEqual(["a", "bc"]);
  });

  test.each(["split", "multi"] as const)(
    "are written anew into one file, with what their heaps hold (%s)",
    async (kind) => {
      const driver = memoryDriver();
      await repack(join(folder, kind, "new"), driver, { driver: kind });
      await using file = await open(driver.bytes());
      await expectContent(file);
      await expectAddresses(file);
    },
  );

  test("may be given as a driver", async () => {
    const path = join(folder, "split", "old");
    const driver = await splitDriver({ name: path, open: (name) => nodeFileDriver(name) });
    await using file = await open(driver);
    await expectContent(file);
  });

  test("with a member that is missing or short are refused, naming it", async () => {
    const path = join(folder, "split", "v108");
    const raw = readFileSync(`${path}-r.h5`);
    await truncate(`${path}-r.h5`, 100);
    const short = await failure(open(path, { driver: "split" }));
    expect(isHdf5Error(short, "driver") && short.source).toBe(`${path}-r.h5`);
    await rm(`${path}-r.h5`);
    const gone = await failure(open(path, { driver: "split" }));
    expect(isHdf5Error(gone, "driver") && [gone.source, gone.status]).toEqual([`${path}-r.h5`, "ENOENT"]);
    await writeFile(`${path}-r.h5`, raw);
    const none = await failure(open(join(folder, "split", "none"), { driver: "split" }));
    expect(isHdf5Error(none, "driver") && none.source).toBe(join(folder, "split", "none-m.h5"));
  });

  test("whose names lead elsewhere are refused", async () => {
    const path = join(folder, "split", "old");
    const bytes = readFileSync(`${path}-m.h5`);
    const at = bytes.indexOf("%s-r.h5");
    bytes.write("/tmp/%s", at);
    await writeFile(`${join(folder, "split", "evil")}-m.h5`, bytes);
    expect(isHdf5Error(await failure(open(join(folder, "split", "evil"), { driver: "split" })), "policy")).toBe(true);
  });

  test.each([
    ["split", "old"],
    ["split", "new"],
    ["split", "v108"],
    ["multi", "old"],
    ["multi", "new"],
  ] as const)(
    "are edited, addresses in heaps included, and read by stock again: %s, %s format",
    async (driver, name) => {
      const path = join(folder, driver, name);
      const text = Array.from({ length: 20 }, (_, i) => `text ${i} ${"x".repeat(i)}`);
      {
        await using file = await open(path, { driver, mode: "r+" });
        if (name !== "v108") await expectAddresses(file);
        const line = await file.dataset("line");
        const group = await file.group("group");
        await file.root.createDataset("new text", { data: text });
        await file.root.createDataset("new references", { data: [line.reference, null, group.reference] });
        await file.root.createDataset("new regions", {
          data: [await line.regionReference([[5, 8]])],
          datatype: "region-reference",
        });
        await file.root.createDataset("new rows", { data: LINE, chunkShape: [64], maxShape: [null] });
        await file.flush();
        await (await file.dataset("new rows")).append(LINE);
        await (await file.group("group")).delete("deep");
        await file.root.attrs.set("numbers", [1, 2, 3]);
        if (name !== "v108") await expectAddresses(file);
      }
      expect(JSON.parse(python("storage_files.py", "read-members", driver, path))).toEqual({
        text,
        references: ["/line", null, "/group"],
        region: ["/line", [5, 6, 7]],
        rows: 2000,
        sum: 999_000,
        group: 30,
        numbers: [1, 2, 3],
        line: 499_500,
      });
      await using again = await open(path, { driver });
      if (name !== "v108") await expectAddresses(again);
      expect(await (await again.dataset("new text")).value()).toEqual(text);
    },
  );
});
