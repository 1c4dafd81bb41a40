import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Attributes, type Group, type Hdf5File, open } from "../../src/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-headers-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "headers.h5");

const SCRIPT = `
import ctypes, sys, time, json, h5py, numpy as np
from h5py import h5d, h5f, h5g, h5o, h5p, h5s, h5t
lib = ctypes.CDLL("libhdf5_serial.so.103")
H = lambda x: ctypes.c_int64(x.id)
with h5py.File(sys.argv[1], "w", libver="v108") as f:
    for name, count in (("compact", 5), ("dense", 40)):
        for flags, kept in ((0, "none"), (h5p.CRT_ORDER_TRACKED, "tracked"), (h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED, "indexed")):
            gcpl = h5p.create(h5p.GROUP_CREATE)
            gcpl.set_link_creation_order(flags)
            gcpl.set_attr_creation_order(flags)
            g = h5py.Group(h5g.create(f.id, f"{name}-{kept}".encode(), gcpl=gcpl))
            names = [f"n{(7 * i) % count:03}" for i in range(count)]
            for n in names: g[n] = h5py.SoftLink("/x")
            for n in names: g.attrs[n] = 1
            del g[names[1]]; del g.attrs[names[1]]
            g[names[1]] = h5py.SoftLink("/x"); g.attrs[names[1]] = 1
    before = int(time.time())
    d = f.create_dataset("dataset", data=[1, 2], track_times=True)
    h5o.set_comment(d.id, b"what it is: \\xc3\\xa9")
    h5o.set_comment(f["compact-none"].id, b"a group")
    for i in range(3): f[f"again{i}"] = d
    # A link class of one's own: version, class, comment, and eight functions, of which none is needed to create one.
    class LinkClass(ctypes.Structure):
        _fields_ = [("version", ctypes.c_int), ("id", ctypes.c_int), ("comment", ctypes.c_char_p)] + [(n, ctypes.c_void_p) for n in ("create", "move", "copy", "traverse", "delete", "query")]
    TRAVERSE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_char_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64)
    refuse = TRAVERSE(lambda *a: -1)
    kind = LinkClass(0, 187, b"ours")
    kind.traverse = ctypes.cast(refuse, ctypes.c_void_p)
    if lib.H5Lregister(ctypes.byref(kind)) < 0: raise RuntimeError
    if lib.H5Lcreate_ud(H(f.id), b"own", ctypes.c_int(187), b"\\x01\\x02value", ctypes.c_size_t(7), ctypes.c_int64(0), ctypes.c_int64(0)) < 0: raise RuntimeError
    # Types committed for dataset and attribute, also inside attributes of others and in dense storage.
    f["type"] = np.dtype([("a", "<i2"), ("b", ">f4")])
    value = np.array((3, 1.5), f["type"].dtype)
    typed = f.create_dataset("typed", (), dtype=f["type"]); typed[()] = value
    for i in range(12): typed.attrs.create(f"a{i}", value, dtype=f["type"])
    f["type"].attrs.create("own", value, dtype=f["type"])
    # Dense attributes of more than 64 KiB.
    f["compact-none"].attrs["huge"] = np.arange(20000)
    print(json.dumps({"before": before, "after": time.time(), "rc": h5o.get_info(d.id).rc}))
`;

/** Names as they were given: one was deleted and made again. */
function created(count: number): string[] {
  const names = Array.from({ length: count }, (_, i) => `n${String((7 * i) % count).padStart(3, "0")}`);
  return [...names.filter((_, i) => i !== 1), names[1] as string];
}

describe.skipIf(!h5pyPresent())("what libhdf5 keeps in headers", () => {
  let stated: { readonly before: number; readonly after: number; readonly rc: number };
  beforeAll(() => {
    stated = JSON.parse(pythonCode(SCRIPT, [path]));
  });

  for (const [form, count] of [
    ["compact", 5],
    ["dense", 40],
  ] as const) {
    for (const kept of ["none", "tracked", "indexed"] as const) {
      test(`links and attributes in either order: ${form}, creation order ${kept}`, async () => {
        await using file = await open(path);
        const group = await file.group(`${form}-${kept}`);
        expect([group.linkOrder, group.attrs.order]).toEqual([kept, kept]);
        const lists: readonly [Group | Attributes, string[]][] = [
          [group, created(count)],
          [group.attrs, created(count)],
        ];
        for (const [list, expected] of lists) {
          const names = (await list.keys()).filter((name) => name !== "huge");
          expect(names).toEqual([...expected].sort());
          const byCreation = list.keys({ order: "creation" });
          if (kept === "none") await expect(byCreation).rejects.toThrow(expect.objectContaining({ code: "usage" }));
          else expect(await byCreation).toEqual(expected);
        }
        const orders = (await group.links()).map(({ creationOrder }) => creationOrder);
        expect(orders.every((order) => (order === undefined) === (kept === "none"))).toBe(true);
      });
    }
  }

  const withFile = async (check: (file: Hdf5File) => Promise<void>): Promise<void> => {
    await using file = await open(path);
    await check(file);
  };

  test("comments, modification times, hard links", () =>
    withFile(async (file) => {
      const dataset = await file.dataset("dataset");
      expect(dataset.comment).toBe("what it is: é");
      expect((await file.group("compact-none")).comment).toBe("a group");
      const modified = (dataset.modified?.getTime() ?? 0) / 1000;
      expect(modified).toBeGreaterThanOrEqual(stated.before);
      expect(modified).toBeLessThanOrEqual(stated.after);
      expect((await file.dataset("typed")).modified).toBeUndefined();
      expect(stated.rc).toBe(4);
      for (let i = 0; i < 3; i++) expect((await file.get(`again${i}`)).address).toBe(dataset.address);
    }));

  test("links of a class of one's own are listed with class and value, and not followed", () =>
    withFile(async (file) => {
      expect(await file.root.link("own")).toMatchObject({
        kind: "user",
        linkClass: 187,
        value: new TextEncoder().encode("\x01\x02value"),
      });
      const reason = expect.objectContaining({ code: "link", reason: "user-defined" });
      await expect(file.get("own")).rejects.toThrow(reason);
      expect(await file.has("own")).toBe(true);
    }));

  test("committed datatypes of datasets and attributes, compact and dense, lead to the one object", () =>
    withFile(async (file) => {
      const type = await file.get("type");
      const typed = await file.dataset("typed");
      const own = await type.attrs.attribute("own");
      const attributes = [own];
      for await (const [, attribute] of typed.attrs.entries()) {
        if (attribute.kind === "attribute") attributes.push(attribute);
      }
      expect(attributes.length).toBe(13);
      for (const { datatype, value } of [typed, ...attributes]) {
        expect(datatype.committed?.address).toBe(type.address);
        expect(await value()).toMatchObject({ a: 3, b: 1.5 });
      }
    }));

  test("attributes of more than 64 KiB", () =>
    withFile(async (file) => {
      const huge = await (await file.group("compact-none")).attrs.attribute("huge");
      expect((await huge.read(undefined, { as: "int32" })).data).toEqual(
        Int32Array.from({ length: 20000 }, (_, i) => i),
      );
    }));
});
