/** What libhdf5 stores and text cannot say stays as it is, byte by byte, when it is copied and when it is edited. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { copy, create, type Hdf5File, open, type Row } from "../../src/index.js";
import { repack } from "../../src/tools/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-copy-h5py-"));
afterAll(() => rmSync(folder, { recursive: true }));

const IMPORTS = `import sys, json, ctypes, h5py, numpy as np
from h5py import h5a, h5d, h5f, h5g, h5o, h5p, h5r, h5s, h5t
library = ctypes.CDLL(next(line.split()[-1] for line in open("/proc/self/maps") if "libhdf5_serial.so" in line))
def comment(obj):  # h5py's own query returns what memory held
    text = ctypes.create_string_buffer(99)
    library.H5Oget_comment(ctypes.c_int64(obj.id.id), text, ctypes.c_size_t(99))
    return text.value.hex()
`;

/** The file that a script makes. */
function made(name: string, script: string, ...args: string[]): string {
  const path = join(folder, name);
  pythonCode(IMPORTS + script, [path, ...args]);
  return path;
}

/** What a script prints of a file. */
function said(script: string, path: string): unknown {
  return JSON.parse(pythonCode(IMPORTS + script, [path]));
}

const FORMATS = ["earliest", "v108", "v110", "latest"] as const;

/** Copies of a file: by `repack`, by `copy` of the objects of its root, and by `edit` of the file itself. */
async function copies(
  path: string,
  libver: (typeof FORMATS)[number],
  edit: (file: Hdf5File) => Promise<void>,
): Promise<Record<"repacked" | "copied" | "edited", string>> {
  const beside = (how: string): string => path.replace(/\.h5$/, `-${libver}-${how}.h5`);
  const all = { repacked: beside("repacked"), copied: beside("copied"), edited: beside("edited") };
  await repack(path, all.repacked, { libver });
  {
    await using source = await open(path);
    await using target = await create(all.copied, { libver });
    for (const name of await source.root.keys()) await copy(await source.get(name), target.root, name);
  }
  copyFileSync(path, all.edited);
  {
    await using file = await open(all.edited, { mode: "r+" });
    await edit(file);
  }
  return all;
}

describe.runIf(h5pyPresent())("bytes that are no UTF-8 are kept", () => {
  test.each(FORMATS)("of comments, in %s", async (libver) => {
    const path = made(
      `comments-${libver}.h5`,
      String.raw`
f = h5py.File(sys.argv[1], "w", libver=sys.argv[2])
f["d"] = [1, 2]; f.create_group("g"); f["t"] = np.dtype("i4")
for name in "dgt": h5o.set_comment(f[name].id, b"\xe9t\xe9 " + name.encode())`,
      libver === "latest" || libver === "earliest" ? libver : "v108",
    );
    const all = await copies(path, libver, async (file) => {
      for (const name of ["d", "g", "t"]) {
        const object = await file.get(name);
        expect(object.comment).toBe(`\ufffdt\ufffd ${name}`);
        // More than there is room for in the header.
        for (let i = 0; i < 12; i++) await object.attrs.set(`a${i}`, "text".repeat(i));
      }
    });
    for (const each of Object.values(all)) {
      const script = `f = h5py.File(sys.argv[1]); print(json.dumps([comment(f[n]) for n in "dgt"]))`;
      expect(said(script, each)).toEqual(
        ["d", "g", "t"].map((name) => Buffer.from(`ét\xe9 ${name}`, "latin1").toString("hex")),
      );
    }
  });

  test.each(FORMATS)("of names and tags in datatypes, in %s", async (libver) => {
    const path = made(
      `types-${libver}.h5`,
      String.raw`
f = h5py.File(sys.argv[1], "w", libver=sys.argv[2])
color = h5t.enum_create(h5t.STD_U8LE); color.enum_insert(b"gr\xfcn", 1); color.enum_insert(b"gr\xfan", 2)
blob = h5t.create(h5t.OPAQUE, 3); blob.set_tag(b"M\xfcll")
point = h5t.create(h5t.COMPOUND, 16)
point.insert(b"Gr\xf6\xdfe", 0, h5t.STD_I32LE); point.insert(b"Gr\xf6\xd0e", 4, h5t.STD_I32LE)
point.insert("Größe".encode(), 8, color); point.insert(b"t\xe4g", 9, blob)
inner = h5t.array_create(point, (2,))
outer = h5t.create(h5t.COMPOUND, 32); outer.insert(b"\xe4u\xdfer", 0, inner)
odd = h5t.create(h5t.COMPOUND, 4); odd.insert(b"Gr\xf6\xdfe", 0, h5t.STD_I32LE)
list_ = h5t.vlen_create(point); committed = point.copy(); committed.commit(f.id, b"committed")
space = h5s.create_simple((2,))
f.create_group("g")
for name, t in (("point", point), ("color", color), ("blob", blob), ("outer", outer), ("list", list_), ("odd", odd), ("shared", committed)):
    h5d.create(f.id, name.encode(), t, space)
    h5a.create(f["g"].id, name.encode(), t, space)
h5d.open(f.id, b"point").write(h5s.ALL, h5s.ALL, np.arange(32, dtype="u1"), mtype=h5t.open(f.id, b"committed"))`,
      libver === "latest" || libver === "earliest" ? libver : "v108",
    );
    const all = await copies(path, libver, async (file) => {
      const point = await file.dataset("point");
      const [row] = (await point.value([[0, 1]])) as readonly Row[];
      await expect(point.write([row as never], [[1, 2]])).rejects.toMatchObject({ code: "unsupported" });
      const color = await file.dataset("color");
      await expect(color.write(["gr\ufffdn", "gr\ufffdn"])).rejects.toMatchObject({ code: "value" });
      await color.write([2, 1]);
      const odd = await file.dataset("odd");
      await odd.write([{ "Gr\ufffd\ufffde": 7 }, { "Gr\ufffd\ufffde": 8 }]);
      const group = await file.group("g");
      for (let i = 0; i < 12; i++) await group.attrs.set(`a${i}`, i); // those that are there go to a heap
      for (let i = 0; i < 12; i++) await group.attrs.delete(`a${i}`);
      await (await file.get("committed")).attrs.set("text", "text");
    });
    const script = `
def told(t):
    kind = t.get_class()
    if kind == h5t.OPAQUE: return t.get_tag().hex()
    if kind in (h5t.VLEN, h5t.ARRAY): return told(t.get_super())
    if kind not in (h5t.COMPOUND, h5t.ENUM): return kind
    parts = range(t.get_nmembers())
    return [[t.get_member_name(i).hex(), t.get_member_value(i) if kind == h5t.ENUM else told(t.get_member_type(i))] for i in parts]
f = h5py.File(sys.argv[1])
names = ["point", "color", "blob", "outer", "list", "odd", "shared"]
types = [f[n].id.get_type() for n in names] + [h5a.open(f["g"].id, n.encode()).get_type() for n in names] + [h5t.open(f.id, b"committed")]
rows = np.zeros((2, 16), "u1"); d = f["point"].id
d.read(h5s.ALL, h5s.ALL, rows, mtype=d.get_type())
numbers = [np.zeros(2, "u1"), np.zeros(2, "<i4")]
for n, into in zip(("color", "odd"), numbers): f[n].id.read(h5s.ALL, h5s.ALL, into, mtype=f[n].id.get_type())
print(json.dumps({"types": [told(t) for t in types], "rows": rows[:, :12].tolist(), "numbers": [n.tolist() for n in numbers]}))`;
    const expected = said(script, path) as { types: unknown; rows: unknown };
    expect(said(script, all.repacked)).toEqual(expected);
    expect(said(script, all.copied)).toEqual(expected);
    const numbers = [
      [2, 1],
      [7, 8],
    ];
    expect(said(script, all.edited)).toEqual({ ...expected, numbers });
  });
});

describe.runIf(h5pyPresent())("chunks that filters passed over", () => {
  test("are copied as they are within a file too, also beside what is not stored yet", async () => {
    const path = made(
      "masks.h5",
      `
f = h5py.File(sys.argv[1], "w")
x = (np.random.default_rng(1).random(40) * 1000).astype("f4")
d = f.create_dataset("d", data=x, chunks=(10,), scaleoffset=2)
d.id.write_direct_chunk((10,), x[10:20].tobytes(), filter_mask=1)`,
    );
    {
      await using file = await open(path, { mode: "r+" });
      await copy(await file.get("d"), file.root, "same");
      await using target = await create(join(folder, "masks-other.h5"));
      await copy(await file.get("d"), target.root, "other");
      await (await file.dataset("d")).write([7, 8], [[20, 22]]);
      await copy(await file.get("d"), file.root, "changed");
    }
    const script = `
f = h5py.File(sys.argv[1])
def told(d): return [[d.id.get_chunk_info(i).filter_mask for i in range(4)], d[...].tolist()]
print(json.dumps({name: told(f[name]) for name in f}))`;
    const { d, same, changed } = said(script, path) as Record<string, [number[], number[]]>;
    const { other } = said(script, join(folder, "masks-other.h5")) as Record<string, unknown>;
    expect(same?.[0]).toEqual([0, 1, 0, 0]);
    expect(other).toEqual(same);
    expect(changed).toEqual(d);
    expect(changed?.[1].slice(20, 22)).toEqual([7, 8]);
    expect([changed?.[1].slice(0, 20), changed?.[1].slice(30)]).toEqual([same?.[1].slice(0, 20), same?.[1].slice(30)]);
    const exact = 'import h5py, numpy as np; x = (np.random.default_rng(1).random(40) * 1000).astype("f4")';
    const check = `${exact}\nimport sys\nassert (h5py.File(sys.argv[1])["same"][10:20] == x[10:20]).all()`;
    pythonCode(check, [path]);
  });
});
