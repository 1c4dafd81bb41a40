import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Hdf5File, isHdf5Error, open } from "../../src/index.js";
import { fixture } from "./fixture.js";

let file: Hdf5File;

beforeAll(async () => {
  file = await open(await fixture());
});

afterAll(() => file.close());

async function failure(promise: Promise<unknown>): Promise<{ code: string; reason?: string; found?: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isHdf5Error(error)) throw new Error(`expected an error of the library, got ${String(error)}`);
  return error as unknown as { code: string };
}

async function list<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("paths", () => {
  test("start at the root with a slash, elsewhere at the group; empty parts and dots are skipped", async () => {
    const group = await file.group("group");
    expect((await group.get("inner/x")).path).toBe("/group/inner/x");
    expect((await group.get("//group/./inner//x/")).path).toBe("/group/inner/x");
    expect((await group.get("/plain")).path).toBe("/plain");
    expect((await group.get(".")).address).toBe(group.address);
    expect((await file.get("/")).address).toBe(file.root.address);
  });

  test("say what of them exists", async () => {
    expect(await failure(file.get("group/none/x"))).toMatchObject({ code: "not-found", found: "group" });
    expect(await failure(file.get("/group/inner/x/y"))).toMatchObject({ code: "not-found", found: "/group/inner/x" });
    expect(await failure(file.get(".."))).toMatchObject({ code: "not-found" });
  });

  test("lead through soft and hard links to the same object", async () => {
    const direct = await file.get("group/inner/x");
    for (const path of ["soft/x", "again/inner/x", "group/root/group/inner/x"]) {
      const object = await file.get(path);
      expect(object.address).toBe(direct.address);
      expect(object.file).toBe(file);
      expect(object.path).toBe(`/${path}`);
    }
  });

  test("end at links that lead nowhere, in a circle or outside", async () => {
    expect(await failure(file.get("dangling"))).toMatchObject({ code: "link", reason: "dangling" });
    expect(await failure(file.get("loop-a"))).toMatchObject({ code: "link", reason: "cycle" });
    expect(await failure(file.get("external"))).toMatchObject({ code: "policy", target: "other.h5" });
  });
});

describe("find and has", () => {
  test("find gives undefined where nothing is, and where a link leads nowhere", async () => {
    expect(await file.find("none")).toBeUndefined();
    expect(await file.find("dangling")).toBeUndefined();
    expect((await file.find("plain"))?.kind).toBe("dataset");
    expect(await failure(file.find("loop-a"))).toMatchObject({ code: "link" });
    expect(await failure(file.find("external"))).toMatchObject({ code: "policy" });
  });

  test("has looks at the last link only", async () => {
    for (const path of ["dangling", "loop-a", "external", "group/inner", "/", "soft/x"]) {
      expect(await file.has(path), path).toBe(true);
    }
    for (const path of ["none", "group/none", "dangling/x"]) expect(await file.has(path), path).toBe(false);
  });

  test("group and dataset say what is there instead", async () => {
    await expect(file.group("plain")).rejects.toThrow(/dataset/);
    expect(await failure(file.dataset("group"))).toMatchObject({ code: "usage" });
  });
});

describe("listings", () => {
  const names = "again big chunked dangling external group loop-a loop-b ordered plain scalar soft texts".split(" ");

  test("are in order of the names' bytes", async () => {
    expect(await file.root.keys()).toEqual(names);
    expect((await file.root.links()).map(({ name }) => name)).toEqual(names);
  });

  test("are in order of creation where it is kept, and refuse it elsewhere", async () => {
    const ordered = await file.group("ordered");
    expect(ordered.linkOrder).not.toBe("none");
    expect(await ordered.keys()).toEqual(["a", "m", "z"]);
    expect(await ordered.keys({ order: "creation" })).toEqual(["z", "a", "m"]);
    expect((await ordered.links({ order: "creation" })).map(({ creationOrder }) => creationOrder)).toEqual([0, 1, 2]);
    expect(await failure((await file.group("group")).keys({ order: "creation" }))).toMatchObject({ code: "usage" });
  });

  test("show links as they are", async () => {
    expect(await file.root.link("dangling")).toMatchObject({ kind: "soft", target: "/nowhere" });
    expect(await file.root.link("external")).toMatchObject({ kind: "external", file: "other.h5", target: "/data" });
    const { address } = await file.get("plain");
    expect(await file.root.link("plain")).toMatchObject({ kind: "hard", address, charset: "ascii" });
    expect(await failure(file.root.link("none"))).toMatchObject({ code: "not-found" });
  });

  test("entries yield what cannot be had in its place", async () => {
    const entries = await list(file.root.entries());
    expect(entries.map(([name]) => name)).toEqual(names);
    const odd = entries.filter(([, object]) => object.kind === "unresolved");
    expect(odd.map(([name]) => name)).toEqual(["dangling", "external", "loop-a", "loop-b"]);
    for (const [name, object] of odd) {
      expect(object).toMatchObject({ name, link: { name } });
      expect(object.kind === "unresolved" && isHdf5Error(object.error)).toBe(true);
    }
  });

  test("stop when they are cancelled", async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const walk = (async () => {
      for await (const [name] of file.root.entries({ signal: stop.signal })) {
        seen.push(name);
        if (seen.length === 2) stop.abort(new Error("enough"));
      }
    })();
    await expect(walk).rejects.toThrow("enough");
    expect(seen).toHaveLength(2);
  });
});

describe("visit", () => {
  test("follows hard links, each object once, parents first, names in order", async () => {
    const visited = await list(file.root.visit());
    expect(visited.map(([path]) => path)).toEqual([
      "again",
      "again/inner",
      "again/inner/x",
      "big",
      "chunked",
      "ordered",
      "ordered/a",
      "ordered/m",
      "ordered/z",
      "plain",
      "scalar",
      "texts",
    ]);
    expect(new Set(visited.map(([, object]) => ("address" in object ? object.address : object.name))).size).toBe(12);
  });

  test("gives paths that lead there from where it began", async () => {
    const group = await file.group("group");
    const visited = await list(group.visit());
    // The group holds a hard link to the root, and so everything is below it.
    expect(visited.map(([path]) => path)).toEqual(expect.arrayContaining(["inner", "inner/x", "root", "root/plain"]));
    for (const [path, object] of visited) {
      if (object.kind !== "unresolved") expect((await group.get(path)).address).toBe(object.address);
    }
  });

  test("follows soft links on request, and external ones as the policy allows", async () => {
    const soft = await list(file.root.visit({ follow: "soft" }));
    expect(soft.filter(([, object]) => object.kind === "unresolved").map(([path]) => path)).toEqual([
      "dangling",
      "loop-a",
      "loop-b",
    ]);
    const all = await list(file.root.visit({ follow: "all" }));
    const external = all.find(([path]) => path === "external")?.[1];
    expect(external).toMatchObject({ kind: "unresolved", error: { code: "policy" } });
  });
});

describe("identity", () => {
  test("pathOf gives the first path in visit order", async () => {
    expect(await file.pathOf(await file.get("group/inner/x"))).toBe("/again/inner/x");
    expect(await file.pathOf(file.root)).toBe("/");
    const plain = await file.get("plain");
    expect(await file.pathOf(plain.reference)).toBe("/plain");
    expect(await file.pathOf({ kind: "object-reference", address: 1, file: undefined })).toBeUndefined();
  });

  test("deref opens what a reference names, without a path", async () => {
    const plain = await file.get("plain");
    const object = await file.deref(plain.reference);
    expect(object).toMatchObject({ kind: "dataset", address: plain.address, path: undefined, name: undefined });
    expect(await failure(file.deref({ kind: "object-reference", address: 3, file: undefined }))).toMatchObject({
      code: "format",
    });
    const attribute = await file.deref({
      kind: "attribute-reference",
      address: plain.address,
      file: undefined,
      name: "unit",
    });
    expect(await attribute.value()).toBe("V");
  });
});
