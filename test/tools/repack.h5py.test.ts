import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { repack } from "../../src/tools/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-repack-h5py-"));
afterAll(() => rmSync(folder, { recursive: true }));

function python(script: string, ...args: string[]): unknown {
  const answer = pythonCode(`import sys, json, h5py\n${script}`, args);
  return answer === "" ? undefined : JSON.parse(answer);
}

const FORMATS = ["earliest", "v108", "v110", "latest"] as const;

describe.runIf(h5pyPresent())("what libhdf5 makes and is rare is kept by repack", () => {
  test.each(FORMATS)("names of links and attributes that are no UTF-8, byte by byte, in %s", async (libver) => {
    const path = join(folder, `names-${libver}.h5`);
    python(
      String.raw`
from h5py import h5a, h5g, h5d, h5s, h5t, h5p
f = h5py.File(sys.argv[1], "w", track_order=sys.argv[2] == "v108")
root = h5g.open(f.id, b"/")
h5g.create(f.id, b"Gr\xf6\xdfe"); h5g.create(f.id, b"Gr\xf6\xd0e"); f.create_group("Gr\ufffd\ufffde")
f["Gr\ufffd\ufffde"].attrs["whose"] = "UTF-8"
d = h5d.create(f.id, b"Stra\xdfe", h5t.STD_I8LE, h5s.create_simple((2,)))
root.links.create_hard(b"hl\xe9", root, b"Stra\xdfe"); root.links.create_soft(b"so\xe9", b"/Stra\xdfe")
root.links.create_soft(b"s2", b"/Stra\xdfe"); root.links.create_external(b"ex", b"\xe9.h5", b"/\xe9")
h5t.STD_I16LE.copy().commit(f.id, b"ty\xe9")
for i, n in enumerate((b"at\xe9", b"at\xe8", "at\ufffd".encode())): h5a.create(d, n, h5t.STD_I8LE, h5s.create_simple((i,)))
h5g.create(h5g.open(f.id, b"Gr\xf6\xdfe"), b"in\xe9")`,
      path,
      libver,
    );
    const out = join(folder, `names-${libver}-out.h5`);
    await repack(path, out, { libver });
    const script = `
from h5py import h5a, h5f, h5g
def tree(g): return [[n.hex(), g.links.get_info(n).cset, tree(h5g.open(g, n)) if isinstance(h5py.h5o.open(g, n), h5g.GroupID) else None] for n in g if n != b"ex"]
f = h5f.open(sys.argv[1].encode())
root = h5g.open(f, b"/")
d = h5py.h5o.open(root, b"Stra\\xdfe")
attrs = [h5a.open(d, index=i) for i in range(h5a.get_num_attrs(d))]
values = [[v.hex() for v in (x if isinstance(x, tuple) else (x,))] for x in map(root.links.get_val, (b"so\\xe9", b"s2", b"ex"))]
print(json.dumps([tree(root), values, sorted([a.name.encode("utf8", "surrogateescape").hex() if isinstance(a.name, str) else a.name.hex(), a.shape] for a in attrs), list(h5py.File(f)["Gr\\ufffd\\ufffde"].attrs), h5py.h5o.get_info(root, b"Stra\\xdfe").rc]))`;
    const expected = python(script, path) as unknown[];
    expect(JSON.stringify(expected)).toContain(Buffer.from("Größe", "latin1").toString("hex"));
    const found = python(script, out);
    expect(found).toEqual(expected);
  });

  test.each(FORMATS)("chunks of empty datasets that cannot grow, in %s", async (libver) => {
    const path = join(folder, `empty-${libver}.h5`);
    python(
      `
from h5py import h5d, h5p, h5s, h5t
f = h5py.File(sys.argv[1], "w")
for name, chunk, shape, most in (("a", (3,), (0,), (0,)), ("b", (3, 2), (0, 5), (0, 5)), ("c", (4,), (0,), (2,))):
    p = h5p.create(h5p.DATASET_CREATE); p.set_chunk(chunk)
    h5d.create(f.id, name.encode(), h5t.STD_I8LE, h5s.create_simple(shape, most), dcpl=p)`,
      path,
    );
    const out = join(folder, `empty-${libver}-out.h5`);
    await repack(path, out, { libver });
    const found = python(
      `
f = h5py.File(sys.argv[1], "r+")
print(json.dumps([[f[n].shape, f[n].maxshape, f[n].chunks, f[n][()].size] for n in "abc"]))
f["c"].resize((2,)); f["c"][...] = 7; f.close()
assert h5py.File(sys.argv[1])["c"][()].tolist() == [7, 7]`,
      out,
    );
    expect(found).toEqual([
      [[0], [0], [3], 0],
      [[0, 5], [0, 5], [3, 2], 0],
      [[0], [2], [4], 0],
    ]);
  });

  test.each(FORMATS)("null dataspaces, compact ones too, in %s", async (libver) => {
    const path = join(folder, `null-${libver}.h5`);
    python(
      `
from h5py import h5a, h5d, h5p, h5s, h5t
f = h5py.File(sys.argv[1], "w")
for name, layout in ((b"compact", h5d.COMPACT), (b"contiguous", h5d.CONTIGUOUS)):
    p = h5p.create(h5p.DATASET_CREATE); p.set_layout(layout)
    d = h5d.create(f.id, name, h5t.STD_I8LE, h5s.create(h5s.NULL), dcpl=p)
    h5a.create(d, b"null", h5t.STD_REF_OBJ, h5s.create(h5s.NULL))`,
      path,
    );
    const out = join(folder, `null-${libver}-out.h5`);
    await repack(path, out, { libver });
    const script = `
from h5py import h5a
f = h5py.File(sys.argv[1])
ids = [f[n].id for n in ("compact", "contiguous")]
print(json.dumps([[d.get_create_plist().get_layout(), d.get_create_plist().get_alloc_time(), d.get_space().get_simple_extent_type(),
    h5a.open(d, b"null").get_space().get_simple_extent_type()] for d in ids]))`;
    const found = python(script, out);
    expect(found).toEqual([
      [0, 1, 2, 2],
      [1, 2, 2, 2],
    ]);
    expect(found).toEqual(python(script, path));
  });
});
