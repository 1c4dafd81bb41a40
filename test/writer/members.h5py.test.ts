/** Split and multi files of ours: what libhdf5 1.10 finds in them, and what of them is on the disk. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Cursor } from "../../src/bytes/cursor.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { multiDriver, multiMembers, splitDriver, splitMembers } from "../../src/drivers/multi.js";
import { decodeMultiMembers, type MultiMembers } from "../../src/format/messages/multi-members.js";
import { create, deflate, type Hdf5File, isHdf5Error, open } from "../../src/index.js";
import { memberStore } from "../drivers/members.js";
import { h5pyPresent, python } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-members-"));
afterAll(() => rmSync(folder, { recursive: true }));

const LINE = Int32Array.from({ length: 1000 }, (_, i) => i);
const TEXT = ["a", "bc", "größe"];

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const pathsOf = (driver: "split" | "multi", name: string): string[] =>
  (driver === "split" ? splitMembers(name) : multiMembers(name)).map((member) => member.name);

/** What a file says of its members: behind the identification, and in a message behind the size of the data. */
function statedMembers(driver: "split" | "multi", name: string): MultiMembers {
  const members = pathsOf(driver, name).map((path) => readFileSync(path));
  const isBlock = (members[0]?.[8] ?? 0) < 2;
  for (const bytes of members) {
    const at = bytes.lastIndexOf("NCSAmult");
    if (at >= 0) return decodeMultiMembers(new Cursor(bytes.subarray(at + (isBlock ? 8 : 10)), "members"));
  }
  throw new Error("nothing says where the members end");
}

/** The members are as long as the file says, or longer. */
function expectLongEnough(driver: "split" | "multi", name: string, exactly: boolean): void {
  const { members } = statedMembers(driver, name);
  for (const { end, template } of members) {
    const { size } = statSync(template.replace("%s", name));
    if (exactly) expect(size).toBe(end);
    else expect(size).toBeGreaterThanOrEqual(end);
  }
}

async function fill(file: Hdf5File, flushed: () => void): Promise<void> {
  const group = await file.root.createGroup("group");
  const line = await file.root.createDataset("line", { data: LINE });
  await file.root.createDataset("new text", { data: TEXT });
  await file.root.createDataset("new references", { data: [line.reference, null, group.reference] });
  await file.root.createDataset("new regions", {
    data: [await line.regionReference([[5, 8]])],
    datatype: "region-reference",
  });
  const rows = await file.root.createDataset("new rows", {
    data: new Int32Array(0),
    chunkShape: [50],
    maxShape: [null],
    filters: ["shuffle", deflate(1)],
  });
  for (let i = 0; i < 40; i++) {
    await rows.append(LINE.subarray(i * 25, i * 25 + 25));
    await group.createDataset(`entry ${i}`, { data: i });
    await group.attrs.set(
      `attribute ${i}`,
      Array.from({ length: 10 * i + 1 }, () => i),
    );
    if (i % 8 > 0) continue;
    await file.flush();
    flushed();
  }
  await file.root.attrs.set("numbers", [1, 2, 3]);
}

describe.runIf(h5pyPresent())("split and multi files of ours", () => {
  test.each([
    ["split", "earliest"],
    ["split", "v108"],
    ["split", "v110"],
    ["split", "latest"],
    ["multi", "earliest"],
    ["multi", "v108"],
    ["multi", "v110"],
    ["multi", "latest"],
  ] as const)("are read by stock, and members reach the ends that the file says: %s, %s", async (driver, libver) => {
    const name = join(folder, `${driver} ${libver}`);
    const read = (): unknown => JSON.parse(python("storage_files.py", "read-members", driver, name));
    const file = await create(name, { driver, libver });
    await fill(file, () => expectLongEnough(driver, name, false));
    await file.close();
    expectLongEnough(driver, name, true);
    const content = {
      text: TEXT,
      references: ["/line", null, "/group"],
      region: ["/line", [5, 6, 7]],
      rows: 1000,
      sum: 499_500,
      group: 40,
      numbers: [1, 2, 3],
      line: 499_500,
    };
    expect(read()).toEqual(content);
    {
      await using again = await open(name, { driver, mode: "r+" });
      await (await again.group("group")).delete("entry 7");
      await (await again.dataset("new rows")).resize([100]);
      await again.root.delete("line");
      await again.root.createDataset("line", { data: LINE.subarray(0, 500) });
    }
    expectLongEnough(driver, name, true);
    expect(read()).toMatchObject({ rows: 100, sum: 4950, group: 39, line: 124_750 });
  });
});

describe("members of a file that is made or edited", () => {
  test("without raw data the member of it is made empty, and made anew when it went missing", async () => {
    const name = join(folder, "no raw data");
    await (await create(name, { driver: "split" })).close();
    expect(statSync(`${name}-r.h5`).size).toBe(0);
    rmSync(`${name}-r.h5`);
    {
      await using file = await open(name, { driver: "split", mode: "r+" });
      await file.root.attrs.set("x", 1);
      await file.flush();
      expect(existsSync(`${name}-r.h5`)).toBe(false);
      await file.root.createDataset("line", { data: LINE });
    }
    await using again = await open(name, { driver: "split" });
    expect(await (await again.dataset("line")).value()).toEqual(LINE);
  });

  test("go with a file that is given up before its first flush, and hold what they held with one that is edited", async () => {
    const name = join(folder, "given up");
    const first = await create(name, { driver: "multi" });
    await first.root.createDataset("line", { data: LINE });
    await first.abort();
    expect(pathsOf("multi", name).filter((path) => existsSync(path))).toEqual([]);
    const second = await create(name, { driver: "multi" });
    await second.root.createDataset("line", { data: LINE });
    await second.close();
    const third = await open(name, { driver: "multi", mode: "r+" });
    await third.root.createDataset("more", { data: LINE });
    await third.root.createDataset("text", { data: TEXT });
    await third.abort();
    await using again = await open(name, { driver: "multi" });
    expect(await again.root.keys()).toEqual(["line"]);
    expect(await (await again.dataset("line")).value()).toEqual(LINE);
  });

  test("that are there are kept with `exclusive`, and with options that cannot be had", async () => {
    const name = join(folder, "kept");
    await (await create(name, { driver: "split" })).close();
    const before = readFileSync(`${name}-m.h5`);
    rmSync(`${name}-m.h5`);
    expect(isHdf5Error(await failure(create(name, { driver: "split", exclusive: true })), "exists")).toBe(true);
    const refused = await failure(create(name, { driver: "split", userBlock: 512 }));
    expect(isHdf5Error(refused, "unsupported") && refused.feature).toBe("split and multi files with a user block");
    expect(existsSync(`${name}-m.h5`)).toBe(false);
    expect(before.length).toBeGreaterThan(0);
  });

  test("may be those of a driver", async () => {
    const store = memberStore();
    const options = { name: "x", open: store.open };
    {
      await using file = await create(await splitDriver({ ...options, mode: "create" }));
      await file.root.createDataset("line", { data: LINE });
    }
    {
      await using file = await open(await splitDriver({ ...options, mode: "r+" }), { mode: "r+" });
      await file.root.createDataset("text", { data: TEXT });
    }
    await using file = await open(await splitDriver(options));
    expect(await (await file.dataset("line")).value()).toEqual(LINE);
    expect(await (await file.dataset("text")).value()).toEqual(TEXT);
    const other = await multiDriver({
      members: [
        { name: "all.h5", start: 0n },
        { name: "more.h5", start: 2n ** 40n },
      ],
      open: store.open,
      mode: "create",
    });
    expect(isHdf5Error(await failure(create(other)), "unsupported")).toBe(true);
  });

  test("whose medium fails say so with a typed error", async () => {
    const store = memberStore();
    await (await create(await splitDriver({ name: "x", open: store.open, mode: "create" }))).close();
    const open_: typeof store.open = async (name, mode) => {
      const driver = await store.open(name, mode);
      if (driver === undefined || name === "x-m.h5") return driver;
      const write = (): Promise<void> => Promise.reject(Object.assign(new Error("disk full"), { code: "ENOSPC" }));
      return { ...driver, size: 0, write };
    };
    const file = await open(await splitDriver({ name: "x", open: open_, mode: "r+" }), { mode: "r+" });
    const error = await failure(file.root.createDataset("line", { data: LINE }));
    expect(isHdf5Error(error, "driver") && [error.source, error.status]).toEqual(["x-r.h5", "ENOSPC"]);
    await file.abort();
    await using again = await open(await splitDriver({ name: "x", open: store.open }));
    expect(await again.root.keys()).toEqual([]);
  });
});

test("a memory image of a member alone is refused, naming the drivers", async () => {
  const store = memberStore();
  await (await create(await splitDriver({ name: "x", open: store.open, mode: "create" }))).close();
  const alone = store.files.get("x-m.h5") ?? memoryDriver();
  expect(isHdf5Error(await failure(open(alone.bytes())), "usage")).toBe(true);
});
