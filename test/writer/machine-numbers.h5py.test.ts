import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { create, type Datatype, open } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-machine-"));
afterAll(() => rmSync(folder, { recursive: true }));

type FloatType = Extract<Datatype, { readonly kind: "float" }>;

/** Sign above exponent above mantissa, without gaps, from bit 0 on. */
function float(
  size: number,
  order: FloatType["order"],
  [exponent, mantissa]: readonly [number, number],
  bias: number,
  normalization: FloatType["normalization"] = "implied",
): Datatype {
  return {
    kind: "float",
    size,
    order,
    precision: 1 + exponent + mantissa,
    offset: 0,
    sign: exponent + mantissa,
    exponent: [mantissa, exponent],
    mantissa: [0, mantissa],
    bias,
    normalization,
    padding: [0, 0, 0],
  };
}

const FLOATS: Readonly<Record<string, Datatype>> = {
  "VAX F": float(4, "vax", [8, 23], 129),
  "VAX G": float(8, "vax", [11, 52], 1025),
  "FP8 E4M3": float(1, "le", [4, 3], 7),
  "FP8 E5M2": float(1, "le", [5, 2], 15),
  bfloat16: float(2, "le", [8, 7], 127),
  "bfloat16 be": float(2, "be", [8, 7], 127),
  "80 bits": float(16, "le", [15, 64], 16383, "none"),
  "128 bits": float(16, "be", [15, 112], 16383),
};
// What 8 bits hold exactly.
const NUMBERS = [0, 1, -1, 1.5, -2.5, 3, 0.25, 96];
const TIMES: Readonly<Record<string, Datatype>> = {
  UNIX_D32LE: { kind: "time", size: 4, order: "le", precision: 32 },
  UNIX_D32BE: { kind: "time", size: 4, order: "be", precision: 32 },
  UNIX_D64LE: { kind: "time", size: 8, order: "le", precision: 64 },
  UNIX_D64BE: { kind: "time", size: 8, order: "be", precision: 64 },
};
const READ = `
import h5py, json, sys, numpy as np
from h5py import h5s, h5t
found = {}
with h5py.File(sys.argv[1], "r") as f:
    for name in f["floats"]:
        values = np.zeros(f["floats"][name].shape)
        f["floats"][name].id.read(h5s.ALL, h5s.ALL, values)
        found[name] = values.tolist()
    for name in f["times"]:
        d = f["times"][name].id
        same = d.get_type() == getattr(h5t, name)
        values = np.zeros(d.shape, (">" if name.endswith("BE") else "<") + ("i4" if "32" in name else "i8"))
        d.read(h5s.ALL, h5s.ALL, values, mtype=d.get_type())
        found[name] = [same, values.tolist()]
print(json.dumps(found))
`;

describe.skipIf(!h5pyPresent())("numbers of other machines and times, written by us", () => {
  for (const libver of ["earliest", "v108", "latest"] as const) {
    test(`are what libhdf5 converts them to, also after they were edited (${libver})`, async () => {
      const path = join(folder, `${libver}.h5`);
      const times = [0, 1, -5, 2_000_000_000];
      {
        await using file = await create(path, { libver });
        for (const [name, datatype] of Object.entries(FLOATS)) {
          await file.root.createDataset(`floats/${name}`, {
            data: NUMBERS,
            datatype,
            chunkShape: [3],
            maxShape: [null],
          });
        }
        for (const [name, datatype] of Object.entries(TIMES)) {
          await file.root.createDataset(`times/${name}`, { data: times, datatype });
          await file.root.attrs.set(name, 7, { datatype });
        }
      }
      {
        await using file = await open(path, { mode: "r+" });
        for (const name of Object.keys(FLOATS)) await (await file.dataset(`floats/${name}`)).append([-6, 0.5]);
        for (const name of Object.keys(TIMES)) await (await file.dataset(`times/${name}`)).write([8], [[1, 2]]);
      }
      const found = JSON.parse(pythonCode(READ, [path])) as Record<string, unknown>;
      for (const name of Object.keys(FLOATS)) expect(found[name], name).toEqual([...NUMBERS, -6, 0.5]);
      for (const name of Object.keys(TIMES)) expect(found[name], name).toEqual([true, [0, 8, -5, 2_000_000_000]]);
      await using file = await open(path);
      for (const name of Object.keys(FLOATS)) {
        const { data } = await (await file.dataset(`floats/${name}`)).read(undefined, { as: "float64" });
        expect([...data], name).toEqual([...NUMBERS, -6, 0.5]);
      }
      for (const name of Object.keys(TIMES)) {
        const { data } = await (await file.dataset(`times/${name}`)).read(undefined, { as: "int32" });
        expect([...data], name).toEqual([0, 8, -5, 2_000_000_000]);
        expect(await file.root.attrs.get(name, { as: "number" })).toBe(7);
      }
    });
  }
});
