import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { create } from "../../src/index.js";
import { h5ts, TestFolder } from "./collecting-terminal.js";

async function makeFile(path: string): Promise<void> {
  await using file = await create(path);
  await file.root.createDataset("numbers", { data: new Float64Array(2000) });
}

describe("h5ts split and join", () => {
  test("divide a file and put it together again", async () => {
    using folder = new TestFolder();
    await makeFile(folder.file("a.h5"));
    const split = await h5ts(["split", "--member-size", "4KiB", folder.file("a.h5"), folder.file("m_%02d.h5")]);
    expect(split).toMatchObject({ status: 0, err: "" });
    expect(split.out).toMatch(/m_%02d\.h5: \d+ members of 4\.0 KiB$/);
    const join = await h5ts(["join", folder.file("m_%02d.h5"), folder.file("b.h5")]);
    expect(join).toMatchObject({ status: 0, err: "" });
    expect(readFileSync(folder.file("b.h5")).equals(readFileSync(folder.file("a.h5")))).toBe(true);
  });

  test("h5ts ls reads a family by its pattern", async () => {
    using folder = new TestFolder();
    await makeFile(folder.file("a.h5"));
    await h5ts(["split", "--member-size", "4KiB", folder.file("a.h5"), folder.file("m_%d.h5")]);
    expect((await h5ts(["ls", folder.file("m_%d.h5")])).out).toContain("numbers  float64 [2000]");
  });

  test("show progress only when asked for or watched", async () => {
    using folder = new TestFolder();
    await makeFile(folder.file("a.h5"));
    const args = ["split", "--member-size", "4KiB", folder.file("a.h5"), folder.file("m_%d.h5")];
    expect((await h5ts(args)).progress).toEqual([]);
    expect((await h5ts([...args, "--progress"])).progress.at(-1)).toMatch(/^split: .* of .*, 100 %$/);
  });

  test("fail with one line that names the file, and leave nothing new", async () => {
    using folder = new TestFolder();
    writeFileSync(folder.file("a.txt"), "no HDF5 file".repeat(1000));
    const split = await h5ts(["split", "--member-size", "4KiB", folder.file("a.txt"), folder.file("m_%d.h5")]);
    expect(split.status).toBe(1);
    expect(split.err).toMatch(/^h5ts split: .*a\.txt.*superblock/);
    const join = await h5ts(["join", folder.file("none_%d.h5"), folder.file("b.h5")]);
    expect(join.status).toBe(1);
    expect(join.err).toMatch(/^h5ts join: .*none_0\.h5/);
    expect(folder.names()).toEqual(["a.txt"]);
  });

  test("an interrupted command leaves nothing and says so", async () => {
    using folder = new TestFolder();
    await makeFile(folder.file("a.h5"));
    const args = ["split", "--member-size", "4KiB", folder.file("a.h5"), folder.file("m_%d.h5")];
    const { status, err } = await h5ts(args, AbortSignal.abort(new Error("SIGINT")));
    expect({ status, err }).toEqual({ status: 130, err: "h5ts split: interrupted" });
    expect(folder.names()).toEqual(["a.h5"]);
  });
});
