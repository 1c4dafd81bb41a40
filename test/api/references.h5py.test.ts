import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type CompoundData, open, type RegionReference } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-references-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SCRIPT = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], "w", libver=sys.argv[2]) as f:
    d = f.create_dataset("g/d", data=np.arange(24).reshape(4, 6))
    whole, box, steps = d.regionref[...], d.regionref[1:3, 2:5], d.regionref[::2, 1:6:2]
    mask = np.zeros((4, 6), bool); mask[0, 1] = mask[3, 5] = True
    some = d.regionref[mask]
    kind = h5py.regionref_dtype
    refs = np.empty(5, kind)
    refs[:4] = [whole, box, steps, some]
    f.create_dataset("list", (5,), dtype=kind)
    f["list"][:4] = refs[:4]
    f["g"].attrs.create("one", box, dtype=kind)
    member = np.dtype([("n", "<i4"), ("where", kind), ("pair", kind, (2,))])
    row = np.zeros(2, member)
    row[0] = (7, steps, [box, some])
    row[1] = (8, whole, [steps, box])
    t = f.create_dataset("table", (2,), dtype=member)
    t[...] = row
`;

describe.skipIf(!h5pyPresent())("region references of libhdf5", () => {
  for (const libver of ["earliest", "v110"]) {
    test(`are values and selections, in datasets, attributes, compounds and arrays (${libver})`, async () => {
      const path = join(folder, `${libver}.h5`);
      pythonCode(SCRIPT, [path, libver]);
      await using file = await open(path);
      const taken = async (reference: RegionReference): Promise<readonly number[]> => {
        const { dataset, selection } = await file.deref(reference);
        expect(await file.pathOf(reference)).toBe("/g/d");
        return [...((await dataset.read(selection, { as: "int32" })).data as Int32Array)];
      };
      const whole = Array.from({ length: 24 }, (_, i) => i);
      const box = [8, 9, 10, 14, 15, 16];
      const steps = [1, 3, 5, 13, 15, 17];
      const some = [1, 23];

      const list = (await (await file.dataset("list")).value()) as readonly (RegionReference | null)[];
      expect(list[4]).toBeNull();
      const found: (readonly number[])[] = [];
      for (const reference of list) if (reference !== null) found.push(await taken(reference));
      expect(found).toEqual([whole, box, steps, some]);

      const one = (await (await file.group("g")).attrs.get("one")) as RegionReference;
      expect(await taken(one)).toEqual(box);

      const table = (await (await file.dataset("table")).read()).data as CompoundData;
      const where = table.column("where").data as RegionReference[];
      const pair = table.column("pair").data as RegionReference[];
      expect(await Promise.all([...where, ...pair].map(taken))).toEqual([steps, whole, box, some, steps, box]);
    });
  }
});
