import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { check, type Hdf5File, open } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-sizes-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of h5py with these sizes, and two datasets. */
function make(path: string, offsets: number, lengths: number): void {
  pythonCode(
    `
import sys, h5py
fcpl = h5py.h5p.create(h5py.h5p.FILE_CREATE)
fcpl.set_sizes(int(sys.argv[2]), int(sys.argv[3]))
f = h5py.File(h5py.h5f.create(sys.argv[1].encode(), h5py.h5f.ACC_TRUNC, fcpl=fcpl))
f["kept"] = list(range(10))
f.create_dataset("grown", shape=(0,), maxshape=(None,), chunks=(64,), dtype="f8")`,
    [path, `${offsets}`, `${lengths}`],
  );
}

/** Fills a file until it refuses more. */
const FILLINGS: Readonly<Record<string, (file: Hdf5File, i: number) => Promise<unknown>>> = {
  datasets: ({ root }, i) => root.createDataset(`d${i}`, { data: new Float64Array(200).fill(i) }),
  groups: ({ root }, i) => root.createGroup(`group number ${i}`),
  strings: ({ root }, i) => root.createDataset(`s${i}`, { data: new Array(20).fill(`text ${i} `.repeat(5)) }),
  attributes: ({ root }, i) => root.attrs.set(`a${i}`, new Float64Array(50).fill(i)),
  chunks: async (file, i) => (await file.dataset("grown")).append(new Float64Array(128).fill(i)),
};

describe.runIf(h5pyPresent())("files whose addresses or lengths are short", () => {
  test.each([
    [2, 2],
    [2, 4],
    [4, 2],
    [8, 2],
  ])(
    "of %i and %i bytes say so when they are full, and are at their last flush",
    { timeout: 60_000 },
    async (offsets, lengths) => {
      for (const [name, fillIn] of Object.entries(FILLINGS)) {
        // Of 2-byte lengths alone, these do not come to the end of any.
        if (offsets > 2 && (name === "datasets" || name === "strings")) continue;
        const path = join(folder, `full-${offsets}-${lengths}-${name}.h5`);
        make(path, offsets, lengths);
        const file = await open(path, { mode: "r+" });
        let flushed = 0;
        const filled = async (): Promise<never> => {
          for (let i = 0; ; i++) {
            await fillIn(file, i);
            if (i % 3 !== 2) continue;
            await file.flush();
            flushed = i + 1;
          }
        };
        const full =
          offsets === 2
            ? { code: "driver", message: expect.stringContaining("addresses of 2 bytes reach no further") }
            : { code: "unsupported", feature: "sizes that lengths of 2 bytes cannot say" };
        await expect(filled(), name).rejects.toMatchObject(full);
        expect(flushed, name).toBeGreaterThan(0);
        // A size that a call cannot say is refused by it alone; space that is not there ends the session.
        await file.abort();
        const answer = pythonCode(
          `
import sys, h5py
f = h5py.File(sys.argv[1])
assert f["kept"][()].tolist() == list(range(10))
f.visititems(lambda name, found: found[()] if isinstance(found, h5py.Dataset) else None)
values = [f.attrs[name] for name in f.attrs]
print(len(f) - 2 + len(values) + f["grown"].shape[0] // 128)`,
          [path],
        );
        expect(Number(answer), name).toBe(flushed);
        await using again = await open(path);
        const findings: string[] = [];
        for await (const { message } of check(again, { data: true })) findings.push(message);
        expect(findings, name).toEqual([]);
      }
    },
  );

  test("keep an extent that lengths cannot say from being set", async () => {
    const path = join(folder, "extent.h5");
    make(path, 8, 2);
    await using file = await open(path, { mode: "r+" });
    const grown = await file.dataset("grown");
    await grown.resize([65_000]);
    await expect(grown.resize([65_536])).rejects.toMatchObject({ code: "unsupported" });
    expect(grown.shape).toEqual([65_000]);
    await grown.write([1], [[64_999, 65_000]]);
    await file.flush();
  });
});

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
