import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-sizes-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.runIf(h5pyPresent())("files with short addresses and lengths take many values of variable length", () => {
  test.each([
    [4, 4],
    [8, 4],
    [4, 8],
  ])("of %i and %i bytes", async (offsets, lengths) => {
    const path = join(folder, `${offsets}-${lengths}.h5`);
    pythonCode(
      `
import sys, h5py
fcpl = h5py.h5p.create(h5py.h5p.FILE_CREATE)
fcpl.set_sizes(int(sys.argv[2]), int(sys.argv[3]))
h5py.File(h5py.h5f.create(sys.argv[1].encode(), h5py.h5f.ACC_TRUNC, fcpl=fcpl)).create_group("g")`,
      [path, `${offsets}`, `${lengths}`],
    );
    // More than one collection, and each size of the last one.
    for (let count = 1; count < 600; count += 17) {
      await using file = await open(path, { mode: "r+" });
      const data = Array.from({ length: count }, (_, i) => "x".repeat(i % 40));
      await file.root.createDataset(`d${count}`, { data });
    }
    const answer = pythonCode(
      `
import sys, h5py
f = h5py.File(sys.argv[1])
for count in range(1, 600, 17):
    assert f[f"d{count}"].asstr()[()].tolist() == ["x" * (i % 40) for i in range(count)], count
print("right")`,
      [path],
    );
    expect(answer.trim()).toBe("right");
  });
});
