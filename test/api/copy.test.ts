import { beforeAll, describe, expect, test } from "vitest";
import {
  compoundType,
  copy,
  create,
  deflate,
  type Hdf5File,
  isHdf5Error,
  open,
  stringType,
  vlenType,
} from "../../src/index.js";
import { fixture } from "./fixture.js";

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isHdf5Error(error)) throw new Error(`expected an error of the library, got ${String(error)}`);
  return error.code;
}

/** A file with everything that copying must keep. */
async function makeSource(): Promise<Uint8Array> {
  await using file = await create();
  const top = await file.root.createGroup("top", { trackOrder: true, comment: "a comment" });
  const type = await top.commit("type", compoundType({ t: "float64", name: "string" }));
  await top.createDataset("rows", {
    data: [
      new Map<string, number | string>([
        ["t", 1.5],
        ["name", "x"],
      ]),
    ],
    datatype: type,
  });
  const grid = await top.createDataset("grid", {
    data: Int16Array.from({ length: 600 }, (_, i) => i),
    shape: [30, 20],
    maxShape: [null, 20],
    chunkShape: [8, 8],
    filters: ["shuffle", deflate(3)],
    fillValue: -7,
  });
  await grid.attrs.set("unit", "V");
  await grid.attrs.set("range", new Float64Array([0, 599]));
  await top.createDataset("sparse", { datatype: "float32", shape: [1000, 1000], chunkShape: [10, 10], fillValue: 2 });
  await (await top.dataset("sparse")).write(1, [[500, 505], 7]);
  await top.createDataset("empty", { datatype: "int32", shape: [0, 3], maxShape: [null, 3] });
  await top.createDataset("nothing", { data: null, datatype: "int32" });
  await top.createDataset("fixed", { data: ["ab", "c"], datatype: stringType(4) });
  await top.createDataset("ragged", { data: [[1, 2], [], [3]], datatype: vlenType("int32") });
  const inner = await top.createGroup("inner");
  await inner.createHardLink("back", top);
  await inner.createHardLink("grid", grid);
  await inner.createSoftLink("soft", "/top/grid");
  await inner.createSoftLink("dangling", "/none");
  await inner.createExternalLink("far", "far.h5", "/x");
  const outside = await file.root.createDataset("outside", { data: 1 });
  await top.createDataset("refs", { data: [grid.reference, outside.reference, null], datatype: "object-reference" });
  await top.attrs.set("self", top.reference);
  return file.toBytes();
}

let bytes: Uint8Array;
let source: Hdf5File;

beforeAll(async () => {
  bytes = await makeSource();
  source = await open(bytes);
});

/** Copy `/top` into a new file, and open that. */
async function copied(options: Parameters<typeof copy>[3] = {}): Promise<Hdf5File> {
  await using file = await create();
  await copy(await source.get("top"), file.root, "made/here", options);
  return open(await file.toBytes());
}

describe("copy to another file", () => {
  test("keeps data, types, chunks, filters, fill values and attributes", async () => {
    await using file = await copied();
    const made = await file.group("made/here");
    expect(made.comment).toBe("a comment");
    expect(await made.keys({ order: "creation" })).toEqual(
      await (await source.group("top")).keys({ order: "creation" }),
    );
    for (const name of ["grid", "sparse", "empty", "nothing", "fixed", "ragged", "rows"]) {
      const [before, after] = [await source.dataset(`top/${name}`), await made.dataset(name)];
      const { committed: _, ...type } = before.datatype;
      expect(after.datatype, name).toMatchObject(type);
      expect(after, name).toMatchObject({
        shape: before.shape,
        maxShape: before.maxShape,
        dataspace: before.dataspace,
        layout: before.layout,
        filters: before.filters,
        fillValue: before.fillValue,
      });
      expect(after.chunkShape, name).toEqual(before.chunkShape);
      if (name !== "sparse") expect(await after.value(), name).toEqual(await before.value());
    }
    const grid = await made.dataset("grid");
    expect(await grid.attrs.get("unit")).toBe("V");
    expect(await grid.attrs.get("range")).toEqual(new Float64Array([0, 599]));
  });

  test("stores nothing for what was never written", async () => {
    await using file = await copied();
    const sparse = await file.dataset("made/here/sparse");
    expect(sparse.storageSize).toBe((await source.dataset("top/sparse")).storageSize);
    expect(await sparse.value([[499, 506], 7])).toEqual(new Float32Array([2, 1, 1, 1, 1, 1, 2]));
  });

  test("keeps hard links as hard links, and loops as loops", async () => {
    await using file = await copied();
    const made = await file.group("made/here");
    expect((await made.get("inner/back")).address).toBe(made.address);
    expect((await made.get("inner/grid")).address).toBe((await made.get("grid")).address);
  });

  test("keeps soft and external links as they are", async () => {
    await using file = await copied();
    const inner = await file.group("made/here/inner");
    expect(await inner.link("soft")).toMatchObject({ kind: "soft", target: "/top/grid" });
    expect(await inner.link("dangling")).toMatchObject({ kind: "soft", target: "/none" });
    expect(await inner.link("far")).toMatchObject({ kind: "external", file: "far.h5", target: "/x" });
  });

  test("or copies what they lead to", async () => {
    await using file = await create();
    await copy(await source.get("top/inner/grid"), file.root, "grid");
    const group = await source.group("top/inner");
    expect(await failure(copy(group, file.root, "inner", { links: "resolve" }))).toBe("policy");
    expect(await file.has("inner")).toBe(false);
    await using other = await open(bytes, { external: () => undefined });
    expect(await failure(copy(await other.get("top"), file.root, "top", { links: "resolve" }))).toBe("policy");
    await using plain = await create();
    const from = await plain.root.createGroup("from");
    await plain.root.createDataset("data", { data: new Int8Array([1, 2]) });
    await from.createSoftLink("a", "/data");
    await from.createSoftLink("b", "/data");
    await from.createSoftLink("dangling", "/none");
    await copy(from, file.root, "resolved", { links: "resolve" });
    expect(await (await file.dataset("resolved/a")).value()).toEqual(new Int8Array([1, 2]));
    expect((await file.get("resolved/a")).address).toBe((await file.get("resolved/b")).address);
    expect(await file.group("resolved").then((group) => group.link("dangling"))).toMatchObject({ kind: "soft" });
  });

  test("lets references and committed types lead to the copies", async () => {
    await using file = await copied();
    const made = await file.group("made/here");
    const grid = await made.get("grid");
    const references = await (await made.dataset("refs")).value();
    expect(references).toMatchObject([{ address: grid.address }, null, null]);
    expect(await made.attrs.get("self")).toMatchObject({ address: made.address });
    expect((await made.dataset("rows")).datatype.committed?.address).toBe((await made.get("type")).address);
  });

  test("shallow copies the group and what it holds, groups empty", async () => {
    await using file = await copied({ shallow: true });
    expect(await (await file.group("made/here")).keys()).toEqual(await (await source.group("top")).keys());
    expect(await (await file.group("made/here/inner")).keys()).toEqual([]);
  });

  test("takes files of other writers", async () => {
    await using other = await open(await fixture());
    await using file = await create();
    await copy(other.root, file.root, "all");
    await using read = await open(await file.toBytes());
    for (const name of ["chunked", "plain", "texts", "big", "scalar"]) {
      expect(await (await read.dataset(`all/${name}`)).value(), name).toEqual(
        await (await other.dataset(name)).value(),
      );
    }
    expect((await read.get("all/group/root")).address).toBe((await read.get("all")).address);
  });
});

describe("copy within a file", () => {
  test("does not copy the copy, and keeps references to what is not copied", async () => {
    await using file = await open(bytes, { mode: "r+" });
    await copy(await file.get("top"), await file.group("top"), "again");
    const again = await file.group("top/again");
    expect(await again.has("again")).toBe(false);
    const outside = await file.get("outside");
    const grid = await again.get("grid");
    expect(await (await again.dataset("refs")).value()).toMatchObject([
      { address: grid.address },
      { address: outside.address },
      null,
    ]);
    expect(grid.address).not.toBe((await file.get("top/grid")).address);
  });
});

describe("a copy that fails", () => {
  test("removes what it began", async () => {
    await using file = await create();
    const stop = new AbortController();
    const reason = new Error("enough");
    const copying = copy(await source.get("top"), file.root, "x", {
      signal: stop.signal,
      onProgress: () => stop.abort(reason),
    });
    await expect(copying).rejects.toBe(reason);
    expect(await file.root.keys()).toEqual([]);
    expect(await failure(copy(source.root, source.root, "y"))).toBe("state");
    await file.root.createGroup("taken");
    expect(await failure(copy(await source.get("top"), file.root, "taken"))).toBe("exists");
    expect(await (await file.group("taken")).keys()).toEqual([]);
  });

  test("reports progress up to the total", async () => {
    const seen: { done: number; total: number | undefined }[] = [];
    await using file = await create();
    await copy(await source.get("top"), file.root, "x", { onProgress: (progress) => void seen.push(progress) });
    const last = seen.at(-1);
    expect(last?.done).toBe(last?.total);
  });
});

describe("fill values that refer to each other in a circle", () => {
  /** `a` is filled with references to `b`, `b` to `c`, `c` to `a`, and `self` to itself. */
  async function circle(): Promise<Uint8Array> {
    const file = await create(undefined, { libver: "earliest" }); // without checksums
    const top = await file.root.createGroup("top");
    const spec = { datatype: "object-reference", shape: [4], chunkShape: [2] } as const;
    const places: [from: number, found: number, to: number][] = [];
    const made = new Map<string, { readonly address: number; readonly reference: unknown }>();
    for (const [name, leadsTo] of [
      ["c", undefined],
      ["b", "c"],
      ["a", "b"],
      ["self", undefined],
    ] as const) {
      const target = made.get(leadsTo ?? "") ?? (await file.root.createDataset(`to change in ${name}`, { data: 1 }));
      const dataset = await top.createDataset(name, { ...spec, fillValue: target.reference as never });
      await dataset.attrs.set("name", name);
      made.set(name, dataset);
      if (leadsTo === undefined) places.push([dataset.address, target.address, dataset.address]);
    }
    places[0] = [places[0]?.[0] ?? 0, places[0]?.[1] ?? 0, made.get("a")?.address ?? 0];
    const bytes = await file.toBytes();
    await file.close();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (const [header, found, to] of places) {
      let changed = 0;
      for (let at = header; at < header + 512; at++) {
        if (view.getBigUint64(at, true) !== BigInt(found)) continue;
        view.setBigUint64(at, BigInt(to), true);
        changed++;
      }
      expect(changed).toBeGreaterThan(0);
    }
    return bytes;
  }

  test.each(["earliest", "v108", "v110"] as const)("are copied, to %s", async (libver) => {
    await using from = await open(await circle());
    await using to = await create(undefined, { libver });
    await copy(from.root, to.root, "copied");
    await (await to.dataset("copied/top/a")).attrs.set("later", 1);
    await using again = await open(await to.toBytes());
    const leadsTo = { a: "b", b: "c", c: "a", self: "self" };
    for (const [name, target] of Object.entries(leadsTo)) {
      const dataset = await again.dataset(`copied/top/${name}`);
      const values = [dataset.fillValue, ...((await dataset.value()) as unknown[])];
      const { reference } = await again.dataset(`copied/top/${target}`);
      expect(values, name).toEqual(Array(5).fill(reference));
      expect(await dataset.attrs.get("name")).toBe(name);
    }
  });
});

describe("copies that nobody waits for", () => {
  const made = async (): Promise<Hdf5File> => {
    const file = await create();
    await file.root.createDataset("data", { data: Int32Array.of(1, 2, 3) });
    return file;
  };

  test("are complete in a file that is closed after they were called", async () => {
    const [from, to] = [await made(), await create()];
    const bytes = (async () => {
      const copying = copy(await from.get("data"), to.root, "copied");
      const closing = to.toBytes();
      await to.close();
      await copying;
      return closing;
    })();
    await using again = await open(await bytes);
    expect(await (await again.dataset("copied")).value()).toEqual(Int32Array.of(1, 2, 3));
    await from.close();
  });

  test("between two files in both directions wait for each other in the order of the calls", async () => {
    await using one = await made();
    await using two = await made();
    const [first, second] = [await one.get("data"), await two.get("data")];
    await Promise.all([
      copy(first, two.root, "from one"),
      copy(second, one.root, "from two"),
      copy(one.root, two.root, "all of one"),
      copy(two.root, one.root, "all of two"),
    ]);
    expect(await two.group("all of one").then((group) => group.keys())).toEqual(["data", "from two"]);
    expect(await one.group("all of two").then((group) => group.keys())).toEqual(["all of one", "data", "from one"]);
  });

  test("end with the file that is given up", async () => {
    await using to = await create();
    const from = await made();
    const large = await from.root.createDataset("large", {
      data: new Int32Array(2 ** 20),
      chunkShape: [2 ** 12],
      filters: [deflate(1)],
    });
    await from.flush();
    const copying = expect(copy(large, to.root, "copied")).rejects.toMatchObject({ code: "state", reason: "closed" });
    await from.abort();
    await copying;
    expect(await to.root.keys()).toEqual([]);
  });

  test("refuse what was deleted before", async () => {
    await using file = await made();
    const data = await file.get("data");
    const deleting = file.root.delete("data");
    await expect(copy(data, file.root, "copied")).rejects.toMatchObject({ code: "state", reason: "deleted" });
    await deleting;
  });
});
