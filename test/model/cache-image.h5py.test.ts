import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-cache-image-"));
afterAll(() => rmSync(folder, { recursive: true }));

// H5Pset_mdc_image_config has no call in h5py. Written twice: the second image is of metadata changed since the first.
const SCRIPT = `
import ctypes, sys, h5py, numpy as np
from h5py import h5f, h5p
lib = ctypes.CDLL("libhdf5_serial.so.103")
class Config(ctypes.Structure):
    _fields_ = [("version", ctypes.c_int), ("generate", ctypes.c_bool), ("resize", ctypes.c_bool), ("age", ctypes.c_int)]
fapl = h5p.create(h5p.FILE_ACCESS)
fapl.set_libver_bounds(h5f.LIBVER_V110, h5f.LIBVER_V110)
if lib.H5Pset_mdc_image_config(ctypes.c_int64(fapl.id), ctypes.byref(Config(1, True, False, -1))) < 0: raise RuntimeError
path = sys.argv[1].encode()
with h5py.File(h5f.create(path, h5f.ACC_TRUNC, fapl=fapl)) as f:
    for g in range(5):
        for d in range(4):
            f[f"g{g}/d{d}"] = np.arange(10 * g + d)
        for a in range(10):
            f[f"g{g}"].attrs[f"a{a}"] = a
    f.create_dataset("grows", (7, 3), "f8", maxshape=(None, 3), chunks=(2, 3))[...] = np.arange(21).reshape(7, 3)
with h5py.File(h5f.open(path, h5f.ACC_RDWR, fapl=fapl)) as f:
    f["g0"].attrs["a0"] = 100
    f["late"] = np.arange(3)
`;

describe.skipIf(!h5pyPresent())("a metadata cache image of libhdf5", () => {
  const made = (): Uint8Array<ArrayBuffer> => {
    const path = join(folder, "image.h5");
    pythonCode(SCRIPT, [path]);
    return new Uint8Array(readFileSync(path));
  };

  test("counts instead of what lies at the places of its entries", async () => {
    const bytes = made();
    expect(Buffer.from(bytes).includes("MDCI")).toBe(true);
    await using file = await open(bytes);
    expect(await file.root.keys()).toEqual(["g0", "g1", "g2", "g3", "g4", "grows", "late"]);
    const group = await file.group("g0");
    expect(await group.attrs.get("a0", { as: "number" })).toBe(100);
    expect((await group.attrs.keys()).length).toBe(10);
    expect([...((await (await file.dataset("g4/d3")).read()).data as BigInt64Array)].length).toBe(43);
    const grown = await (await file.dataset("grows")).read(undefined, { as: "float64" });
    expect([...grown.data]).toEqual(Array.from({ length: 21 }, (_, i) => i));
  });

  test("is written home before the first change, and stock reads and edits the file then", async () => {
    const path = join(folder, "edited.h5");
    writeFileSync(path, made());
    {
      await using file = await open(path, { mode: "r+" });
      await (await file.group("g0")).attrs.set("ours", "x");
      await file.root.createDataset("g3/new", { data: [1, 2] });
    }
    expect(readFileSync(path).subarray(0, 48)).not.toEqual(made().subarray(0, 48));
    const EDIT = `
import sys, h5py
with h5py.File(sys.argv[1], "r+") as f:
    assert sorted(f) == ["g0", "g1", "g2", "g3", "g4", "grows", "late"], list(f)
    assert f["g0"].attrs["ours"] == "x" and f["g0"].attrs["a0"] == 100 and len(f["g0"].attrs) == 11, list(f["g0"].attrs.items())
    assert f["g3/new"][:].tolist() == [1, 2] and f["g4/d3"].shape == (43,)
    f["g1"].attrs["stock"] = 1
    f["g1/more"] = [3]
`;
    pythonCode(EDIT, [path]);
    await using file = await open(path);
    expect(await (await file.group("g1")).attrs.get("stock", { as: "number" })).toBe(1);
    expect(await file.root.keys()).toHaveLength(7);
  });

  test("is refused when its checksum fails", async () => {
    const bytes = made();
    const damaged = Buffer.from(bytes);
    // The first image, which the second open freed, may still lie there.
    for (let at = damaged.indexOf("MDCI"); at >= 0; at = damaged.indexOf("MDCI", at + 1))
      damaged.fill(0xaa, at + 30, at + 31);
    await expect(open(damaged)).rejects.toThrow(expect.objectContaining({ code: "checksum" }));
  });
});
