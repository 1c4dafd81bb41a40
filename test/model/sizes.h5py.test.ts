import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type ObjectReference, open, type RegionReference } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-sizes-"));
afterAll(() => rmSync(folder, { recursive: true }));

// K values other than the defaults go into the superblock (version 1) or its extension.
const SCRIPT = `
import ctypes, sys, h5py, numpy as np
from h5py import h5f, h5p
lib = ctypes.CDLL("libhdf5_serial.so.103")
for case in sys.argv[2:]:
    offsets, lengths, bound = case.split("-")
    fcpl = h5p.create(h5p.FILE_CREATE)
    fcpl.set_sizes(int(offsets), int(lengths))
    lib.H5Pset_sym_k(ctypes.c_int64(fcpl.id), ctypes.c_uint(2), ctypes.c_uint(3))
    lib.H5Pset_istore_k(ctypes.c_int64(fcpl.id), ctypes.c_uint(2))
    fapl = h5p.create(h5p.FILE_ACCESS)
    fapl.set_libver_bounds(h5f.LIBVER_EARLIEST if bound == "earliest" else h5f.LIBVER_V110, h5f.LIBVER_V110)
    with h5py.File(h5f.create(f"{sys.argv[1]}/{case}.h5".encode(), h5f.ACC_TRUNC, fcpl, fapl)) as f:
        f["texts"] = ["x", "yy", "zzz"]
        chunked = f.create_dataset("chunked", (20, 20), "i4", chunks=(5, 5), compression="gzip")
        chunked[...] = np.arange(400).reshape(20, 20)
        chunked.attrs["self"] = chunked.ref
        chunked.attrs["part"] = chunked.regionref[1:3, 2:4]
        grows = f.create_dataset("grows", (10,), "f8", maxshape=(None,), chunks=(3,))
        grows[...] = np.arange(10)
        for i in range(20):
            f.create_group(f"many/g{i:02}")
            f["many"].attrs[f"a{i:02}"] = i
`;

// 2-byte lengths cannot say the 64 KiB of a heap's largest block: libhdf5 itself cannot read such dense groups. It corrupts
// its memory with 16-byte offsets and stores 16-byte lengths wrongly: those widths, and 32, are tested structure by
// structure only.
const CASES = ["2-2", "2-8", "4-4", "4-8", "8-2", "8-4", "8-8"]
  .flatMap((sizes) => [`${sizes}-earliest`, `${sizes}-v110`])
  .filter((name) => !name.endsWith("-2-v110"));

describe.skipIf(!h5pyPresent())("files of libhdf5 with other sizes of offsets and lengths, and other K", () => {
  test("are read in every part", async () => {
    pythonCode(SCRIPT, [folder, ...CASES]);
    for (const name of CASES) {
      await using file = await open(join(folder, `${name}.h5`));
      const { sizeOfOffsets, sizeOfLengths } = file.superblock;
      expect(name).toContain(`${sizeOfOffsets}-${sizeOfLengths}-`);
      expect(await (await file.dataset("texts")).value(), name).toEqual(["x", "yy", "zzz"]);
      const chunked = await file.dataset("chunked");
      expect((await chunked.read()).data, name).toEqual(Int32Array.from({ length: 400 }, (_, i) => i));
      expect(await file.pathOf((await chunked.attrs.get("self")) as ObjectReference), name).toBe("/chunked");
      const { dataset, selection } = await file.deref((await chunked.attrs.get("part")) as RegionReference);
      expect((await dataset.read(selection)).data, name).toEqual(Int32Array.of(22, 23, 42, 43));
      expect((await (await file.dataset("grows")).read()).data, name).toEqual(
        Float64Array.from({ length: 10 }, (_, i) => i),
      );
      const many = await file.group("many");
      expect((await many.keys()).length, name).toBe(20);
      expect((await many.attrs.keys()).length, name).toBe(20);
    }
  });
});
