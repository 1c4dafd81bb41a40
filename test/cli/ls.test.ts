import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compoundType, create } from "../../src/index.js";
import { h5ts, TestFolder } from "./collecting-terminal.js";

/** A file with one of each. */
async function makeFile(path: string): Promise<void> {
  await using file = await create(path);
  const { root } = file;
  await root.createDataset("group/numbers", { data: new Int32Array(20), shape: [4, 5] });
  await root.createDataset("group/chunked", {
    datatype: "float32",
    shape: [0, 10],
    maxShape: [null, 10],
    chunkShape: [100, 10],
    filters: ["shuffle", "deflate"],
  });
  await root.createDataset("text", { data: "a text" });
  await root.createDataset("points", { datatype: compoundType({ x: "float64", y: "int16be" }), shape: [2] });
  await root.createHardLink("again", await root.get("group/numbers"));
  await root.createSoftLink("soft", "/group/numbers");
  await root.createSoftLink("broken", "/nowhere");
  const series = await root.createGroup("series");
  await series.attrs.set("neurodata_type", "TimeSeries");
}

describe("h5ts ls", () => {
  test("-r shows the tree with shapes, types, chunks, filters and links", async () => {
    using folder = new TestFolder();
    const path = folder.file("a.h5");
    await makeFile(path);
    const { status, out, err } = await h5ts(["ls", "-r", path]);
    expect(err).toBe("");
    expect(status).toBe(0);
    const [first, ...lines] = out.split("\n");
    expect(first).toMatch(/a\.h5 {2}superblock 2, /);
    expect(lines).toEqual([
      "/  group",
      "  again  int32 [4, 5]",
      "  broken  -> /nowhere  [soft link]  ! leads nowhere",
      "  group/  group",
      "    chunked  float32 [0, 10] of at most [∞, 10]  chunks [100, 10]  shuffle, deflate 4",
      "    numbers  = /again  [hard link]",
      "  points  compound { x: float64, y: int16be } [2]",
      "  series/  group  (TimeSeries)",
      "  soft  -> /group/numbers  [soft link]  int32 [4, 5]",
      "  text  string scalar",
    ]);
  });

  test("without -r shows the root group only", async () => {
    using folder = new TestFolder();
    const path = folder.file("a.h5");
    await makeFile(path);
    const { out } = await h5ts(["ls", path]);
    expect(out).toContain("  group/  group");
    expect(out).not.toContain("chunked");
  });

  test("shows an external link with its target, followed within the file's own folder only", async () => {
    using folder = new TestFolder();
    await makeFile(folder.file("a.h5"));
    {
      await using file = await create(folder.file("b.h5"));
      await file.root.createExternalLink("inside", "a.h5", "/group/numbers");
      await file.root.createExternalLink("missing", "none.h5", "/x");
      await file.root.createExternalLink("outside", "../a.h5", "/x");
    }
    const { status, out } = await h5ts(["ls", folder.file("b.h5")]);
    expect(status).toBe(0);
    expect(out).toContain("inside  -> a.h5:/group/numbers  [external link]  int32 [4, 5]");
    expect(out).toContain("missing  -> none.h5:/x  [external link]  ! leads nowhere");
    expect(out).toMatch(/outside {2}-> \.\.\/a\.h5:\/x {2}\[external link\] {2}! /);
  });

  test("shows names with control characters escaped", async () => {
    using folder = new TestFolder();
    const path = folder.file("a.h5");
    {
      await using file = await create(path);
      await file.root.createGroup("a\u001b[31m b");
    }
    const { out } = await h5ts(["ls", path]);
    expect(out).toContain('"a\\u001b[31m b"/  group');
    expect(out).not.toContain("\u001b");
  });

  test("says on one line that a file is no HDF5 file", async () => {
    using folder = new TestFolder();
    const path = folder.file("text.h5");
    writeFileSync(path, "this is no HDF5 file ".repeat(100));
    const { status, out, err } = await h5ts(["ls", path]);
    expect(status).toBe(1);
    expect(out).toBe("");
    expect(err).toMatch(/^h5ts ls: .*text\.h5.*superblock/);
    expect(err.split("\n")).toHaveLength(1);
  });

  test("says on one line that there is no such file", async () => {
    using folder = new TestFolder();
    const { status, err } = await h5ts(["ls", folder.file("none.h5")]);
    expect(status).toBe(1);
    expect(err).toMatch(/none\.h5.*(ENOENT|no such file)/i);
    expect(err.split("\n")).toHaveLength(1);
  });
});
