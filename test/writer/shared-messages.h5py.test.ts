import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-shared-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MAKE = `
import ctypes, sys, h5py, numpy as np
from h5py import h5f, h5p
lib = ctypes.CDLL("libhdf5_serial.so.103")
for path, low in zip(sys.argv[1:], (h5f.LIBVER_EARLIEST, h5f.LIBVER_V18)):
    fcpl = h5p.create(h5p.FILE_CREATE)
    lib.H5Pset_shared_mesg_nindexes(ctypes.c_int64(fcpl.id), ctypes.c_uint(1))
    lib.H5Pset_shared_mesg_index(ctypes.c_int64(fcpl.id), ctypes.c_uint(0), ctypes.c_uint(0x182a), ctypes.c_uint(0))
    fapl = h5p.create(h5p.FILE_ACCESS)
    fapl.set_libver_bounds(low, h5f.LIBVER_V110)
    with h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, fcpl, fapl)) as f:
        for name in ("one", "two", "three"):
            d = f.create_dataset(name, (4,), "i4", maxshape=(None,), chunks=(4,), fillvalue=7)
            d[:] = np.arange(4)
            d.attrs["unit"] = "volts"
            d.attrs["scale"] = np.arange(3.0)
            g = f.create_group("group " + name)
            for i in range(12): g.attrs[f"a{i}"] = np.arange(4)
`;

const LOOK = `
import sys, json, h5py
def content(f):
    return {name: [o[()].tolist() if isinstance(o, h5py.Dataset) else None, {k: v if isinstance(v, str) else v.tolist() for k, v in o.attrs.items()}] for name, o in f.items()}
with h5py.File(sys.argv[1], "r") as f: seen = content(f)
# The library changes and deletes what shares messages with what was edited.
with h5py.File(sys.argv[1], "r+") as f:
    f["two"].attrs["unit"] = "ohms"; del f["three"]; f["one"].resize((9,)); del f["group two"]
with h5py.File(sys.argv[1], "r") as f: print(json.dumps([seen, content(f)]))
`;

type Content = Readonly<Record<string, [unknown, Record<string, unknown>]>>;

describe.skipIf(!h5pyPresent())("objects whose messages are shared", () => {
  test("are edited without touching those that share with them, and the library goes on with the file", async () => {
    const paths = ["earliest", "v108"].map((name) => join(folder, `${name}.h5`));
    pythonCode(MAKE, paths);
    for (const path of paths) {
      const file = await open(path, { mode: "r+" });
      const one = await file.dataset("one");
      await one.attrs.set("unit", "amps");
      await one.attrs.delete("scale");
      await one.append(Int32Array.of(8, 9));
      const group = await file.group("group one");
      await group.attrs.delete("a0");
      await group.attrs.set("a1", Int32Array.of(5));
      await file.close();

      const [seen, after] = JSON.parse(pythonCode(LOOK, [path])) as [Content, Content];
      expect(seen.one).toEqual([[0, 1, 2, 3, 8, 9], { unit: "amps" }]);
      for (const name of ["two", "three"]) {
        expect(seen[name]).toEqual([[0, 1, 2, 3], { unit: "volts", scale: [0, 1, 2] }]);
      }
      const [, attrs] = seen["group one"] ?? [null, {}];
      expect(Object.keys(attrs).length).toBe(11);
      expect(attrs.a1).toEqual([5]);
      expect(Object.keys(seen["group two"]?.[1] ?? {}).length).toBe(12);
      expect(after.one).toEqual([[0, 1, 2, 3, 8, 9, 7, 7, 7], { unit: "amps" }]);
      expect(after.two?.[1].unit).toBe("ohms");
      expect(Object.keys(after["group three"]?.[1] ?? {}).length).toBe(12);
      expect(after.three).toBeUndefined();
    }
  });
});
