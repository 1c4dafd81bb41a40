import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-unwritten-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SCRIPT = `
import sys, json, h5py, numpy as np
from h5py import h5d, h5p, h5s, h5t
found = {}
with h5py.File(sys.argv[1], "w") as f:
    for time in ("alloc", "never", "ifset"):
        for name, chunks in (("contiguous", None), ("chunked", (2,))):
            dcpl = h5p.create(h5p.DATASET_CREATE)
            dcpl.set_fill_value(np.array(7, "i4"))
            dcpl.set_fill_time({"alloc": h5d.FILL_TIME_ALLOC, "never": h5d.FILL_TIME_NEVER, "ifset": h5d.FILL_TIME_IFSET}[time])
            if chunks: dcpl.set_chunk(chunks)
            h5d.create(f.id, f"{time}-{name}".encode(), h5t.STD_I32LE, h5s.create_simple((5,)), dcpl)
        f[f"{time}-chunked"][0:2] = 1
with h5py.File(sys.argv[1]) as f:
    # libhdf5 leaves what it does not fill as it was in the caller's buffer.
    def read(d):
        out = np.zeros(5, "i4")
        d.read_direct(out)
        return out.tolist()
    print(json.dumps({k: read(d) for k, d in f.items()}))
`;

describe.skipIf(!h5pyPresent())("elements that were never written", () => {
  test("are the fill value, but zeros where it is never to be written, as in a buffer of zeros that libhdf5 fills", async () => {
    const path = join(folder, "fill.h5");
    const theirs = JSON.parse(pythonCode(SCRIPT, [path]));
    await using file = await open(path);
    const ours: Record<string, number[]> = {};
    for await (const [name, object] of file.root.entries()) {
      if (object.kind === "dataset") ours[name] = [...(await object.read(undefined, { as: "int32" })).data];
    }
    expect(ours).toEqual(theirs);
    expect(ours["never-chunked"]).toEqual([1, 1, 0, 0, 0]);
    expect(ours["ifset-chunked"]).toEqual([1, 1, 7, 7, 7]);
  });
});
