import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isHdf5Error, open } from "../../../src/index.js";
import { h5pyPresent, pythonCode } from "../../interop/h5py.js";

const WRITE = `
import h5py, json, numpy, os, sys
os.chdir(sys.argv[1])
text = h5py.string_dtype()
pair = numpy.dtype([("n", "<i4"), ("s", text)])
ragged = h5py.vlen_dtype(numpy.dtype("<i2"))
for n in range(2):
    with h5py.File(f"s{n}.h5", "w") as f:
        f.create_dataset("text", data=[f"{n}-{i}" * i for i in range(4)], dtype=text)
        f.create_dataset("pair", data=numpy.array([(n, f"a{n}"), (n + 10, f"b{n}")], pair))
        d = f.create_dataset("ragged", (2,), ragged)
        d[0] = [n, n + 1, n + 2]
        d[1] = [100 * n]
        f["ref"] = numpy.array([f["text"].ref], h5py.ref_dtype)
with h5py.File("v.h5", "w", libver="latest") as f:
    for name, length, dtype in [("text", 4, text), ("pair", 2, pair), ("ragged", 2, ragged), ("ref", 1, h5py.ref_dtype)]:
        layout = h5py.VirtualLayout((2, length), dtype)
        for n in range(2):
            layout[n] = h5py.VirtualSource(f"s{n}.h5", name, (length,), dtype)
        f.create_virtual_dataset(name, layout)
    layout = h5py.VirtualLayout((4,), text)
    layout[:] = h5py.VirtualSource(".", "text", (2, 4), text)[1]
    f.create_virtual_dataset("nested", layout)
with h5py.File("v.h5", "r") as f:
    print(json.dumps({n: f[n].asstr()[()].tolist() for n in ["text", "nested"]} | {"ragged": [x.tolist() for x in f["ragged"][()].ravel()]}))
`;

describe.runIf(h5pyPresent())("virtual datasets of variable-length elements in other files", () => {
  let folder: string;
  let known: { readonly text: string[][]; readonly nested: string[]; readonly ragged: number[][] };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "h5ts-virtual-strings-"));
    known = JSON.parse(pythonCode(WRITE, [folder])) as typeof known;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("are read as h5py reads them, nested ones too, again and again", async () => {
    await using file = await open(join(folder, "v.h5"), { external: { dir: folder } });
    const text = ["", "1-1", "1-21-2", "1-31-31-3"];
    expect(known.text[1]).toEqual(text);
    const ragged = await (await file.dataset("ragged")).value();
    expect((ragged as Int16Array[][]).flat().map((list) => [...list])).toEqual(known.ragged);
    for (let round = 0; round < 2; round++) {
      expect(await (await file.dataset("text")).value([1])).toEqual(text);
      expect((await (await file.dataset("text")).read()).data).toEqual([
        ...text.map((s) => s.replaceAll("1-", "0-")),
        ...text,
      ]);
      expect(await (await file.dataset("nested")).value()).toEqual(known.nested);
      expect(await (await file.dataset("pair")).value([null, 1])).toEqual([
        { n: 10, s: "b0" },
        { n: 11, s: "b1" },
      ]);
      expect(await (await file.dataset("ragged")).value()).toEqual([
        [Int16Array.of(0, 1, 2), Int16Array.of(0)],
        [Int16Array.of(1, 2, 3), Int16Array.of(100)],
      ]);
    }
  });

  test("are refused as stored bytes, and references of other files at all", async () => {
    await using file = await open(join(folder, "v.h5"), { external: { dir: folder } });
    for (const read of [
      (await file.dataset("text")).read(undefined, { raw: true }),
      (await file.dataset("ref")).read(),
    ]) {
      const error = await read.catch((reason: unknown) => reason);
      expect(isHdf5Error(error, "unsupported")).toBe(true);
    }
  });
});
