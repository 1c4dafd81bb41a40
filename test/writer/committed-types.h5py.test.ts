/** Committed datatypes count the datasets and attributes that are of them, as libhdf5 does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { copy, create, type Group, type Hdf5Object, open } from "../../src/index.js";
import { repack } from "../../src/tools/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-committed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FORMATS = ["earliest", "v108", "latest"] as const;

/** A group with attributes, and a dataset, of a type that is committed at "type". */
async function addUsers(root: Group): Promise<void> {
  const type = await root.commit("type", "int32");
  const { datatype } = type;
  const group = await root.createGroup("group");
  const dataset = await root.createDataset("dataset", { data: [1, 2], datatype });
  for (const object of [group, dataset, type] satisfies Hdf5Object[]) {
    await object.attrs.set("one", 1, { datatype });
    await object.attrs.set("list", [1, 2], { datatype });
  }
  await group.attrs.set("one", 2, { datatype });
  await group.attrs.set("list", [1.5]);
  await dataset.attrs.delete("list");
}

/** The type, the dataset, and four attributes. */
const USERS = 6;

function python(code: string, ...args: string[]): string {
  return pythonCode(`import sys, h5py\n${code}`, args).trim();
}

const count = (path: string, name = "type"): string =>
  python("f = h5py.File(sys.argv[1]); print(h5py.h5o.get_info(f[sys.argv[2]].id).rc)", path, name);

describe.runIf(h5pyPresent()).each(FORMATS)("a committed datatype, in %s", (libver) => {
  test("counts its datasets and attributes, also in copies", async () => {
    const [path, copied, repacked] = ["a", "b", "c"].map((name) => join(folder, `${name}-${libver}.h5`)) as [
      string,
      string,
      string,
    ];
    {
      await using file = await create(path, { libver });
      await addUsers(await file.root.createGroup("all"));
      await copy(await file.get("all"), file.root, "again");
      await using target = await create(copied, { libver });
      await copy(await file.get("all"), target.root, "all");
    }
    await repack(path, repacked, { libver });
    for (const [where, name] of [
      [path, "all/type"],
      [path, "again/type"],
      [copied, "all/type"],
      [repacked, "all/type"],
    ] as const) {
      expect(count(where, name), `${where} ${name}`).toBe(String(USERS));
    }
    // libhdf5 takes away what it finds.
    python(
      `
f = h5py.File(sys.argv[1], "r+")
for path in ("group", "dataset", "type"):
    for name in list(f["all/" + path].attrs): del f["all/" + path].attrs[name]
del f["all/dataset"]`,
      path,
    );
    expect(count(path, "all/type")).toBe("1");
  });

  test("stays while an attribute is of it, and is left by what goes", async () => {
    const path = join(folder, `d-${libver}.h5`);
    {
      await using file = await create(path, { libver });
      await addUsers(file.root);
    }
    {
      await using file = await open(path, { mode: "r+" });
      await file.root.delete("group");
      await file.root.delete("dataset");
      await (await file.get("type")).attrs.delete("list");
    }
    expect(count(path)).toBe("2");
    {
      await using file = await open(path, { mode: "r+" });
      const { datatype } = (await file.get("type")) as Hdf5Object & { kind: "datatype" };
      await file.root.attrs.set("kept", 7, { datatype });
      await file.flush();
      await file.root.delete("type");
      await file.root.createDataset("new", { data: new Uint8Array(4096) });
    }
    await using file = await open(path);
    expect(await file.root.attrs.get("kept")).toBe(7);
    expect(python('print(h5py.File(sys.argv[1]).attrs["kept"])', path)).toBe("7");
  });

  test("of another file is refused, whatever lies at its address", async () => {
    await using other = await create(undefined, { libver });
    const { datatype } = await other.root.commit("type", "int16");
    await using file = await create(undefined, { libver });
    const refused = { code: "usage", argument: "datatype" };
    await expect(file.root.attrs.set("a", 1, { datatype })).rejects.toMatchObject(refused);
    await expect(file.root.createDataset("d", { data: 1, datatype })).rejects.toMatchObject(refused);
    const own = await file.root.commit("type", "float64");
    expect(own.address).toBe(datatype.committed?.address);
    await expect(file.root.attrs.set("a", 1, { datatype })).rejects.toMatchObject(refused);
    await expect(file.root.createDataset("d", { data: 1, datatype })).rejects.toMatchObject(refused);
    expect(await file.root.keys()).toEqual(["type"]);
    expect(await file.root.attrs.keys()).toEqual([]);
  });
});
