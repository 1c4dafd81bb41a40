import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as h5wasm from "h5wasm/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { type ExternalContext, type Hdf5Object, isHdf5Error, open } from "../../src/index.js";

let folder: string;
let main: string;

/** A file with links to others, and `/data` = its own number. */
async function make(
  number: number,
  links: Readonly<Record<string, readonly [file: string, target: string]>>,
): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File("/external.h5", "w");
  file.create_dataset({ name: "data", data: number, shape: [], dtype: "<i4" });
  for (const [name, [target, path]] of Object.entries(links)) file.create_external_link(target, path, name);
  file.close();
  return FS.readFile("/external.h5");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "external-"));
  await mkdir(join(folder, "dir/sub"), { recursive: true });
  const links = {
    beside: ["b.h5", "/data"],
    again: ["./b.h5", "/data"],
    below: ["sub/c.h5", "/data"],
    chain: ["b.h5", "/on"],
    circle: ["b.h5", "/back"],
    missing: ["none.h5", "/data"],
    nothing: ["b.h5", "/none"],
    text: ["text.txt", "/data"],
    up: ["../secret.h5", "/data"],
    absolute: [join(folder, "secret.h5"), "/data"],
    url: ["http://127.0.0.1/x.h5", "/data"],
    drive: ["C:\\x.h5", "/data"],
    tunnel: ["tunnel.h5", "/data"],
    folder: ["sub", "/data"],
  } as const;
  main = join(folder, "dir/a.h5");
  await writeFile(main, await make(1, links));
  await writeFile(join(folder, "dir/b.h5"), await make(2, { on: ["sub/c.h5", "/data"], back: ["a.h5", "/circle"] }));
  await writeFile(join(folder, "dir/sub/c.h5"), await make(3, {}));
  await writeFile(join(folder, "secret.h5"), await make(4, {}));
  await writeFile(join(folder, "dir/text.txt"), "no HDF5 file");
  await symlink(join(folder, "secret.h5"), join(folder, "dir/tunnel.h5"));
});

afterAll(() => rm(folder, { recursive: true }));

async function failure(promise: Promise<unknown>): Promise<{ code: string; reason?: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isHdf5Error(error)) throw new Error(`expected an error of the library, got ${String(error)}`);
  return error as unknown as { code: string };
}

const numberOf = async (object: Hdf5Object): Promise<unknown> =>
  object.kind === "dataset" ? object.value() : object.kind;

describe("external links into a folder", () => {
  test("are followed, and the object says which file it lies in", async () => {
    await using file = await open(main, { external: { dir: join(folder, "dir") } });
    const object = await file.get("beside");
    expect(await numberOf(object)).toBe(2);
    expect(object.path).toBe("/data");
    expect(object.file).not.toBe(file);
    expect(object.file.name).toMatch(/b\.h5$/);
    expect(await numberOf(await file.get("below"))).toBe(3);
    expect(await numberOf(await file.get("chain"))).toBe(3);
  });

  test("a folder may be given as a URL", async () => {
    await using file = await open(main, { external: { dir: pathToFileURL(join(folder, "dir")) } });
    expect(await numberOf(await file.get("below"))).toBe(3);
  });

  test("two ways to one file lead to the same objects", async () => {
    await using file = await open(main, { external: { dir: join(folder, "dir") } });
    const [one, two] = [await file.get("beside"), await file.get("again")];
    expect(one.file).toBe(two.file);
    expect(one.address).toBe(two.address);
  });

  test("say that nothing is there", async () => {
    await using file = await open(main, { external: { dir: join(folder, "dir") } });
    for (const name of ["missing", "nothing"]) {
      expect(await failure(file.get(name))).toMatchObject({ code: "link", reason: "dangling" });
      expect(await file.find(name)).toBeUndefined();
    }
    expect(await failure(file.get("text"))).toMatchObject({ code: "format" });
    expect((await failure(file.get("circle"))).code).toMatch(/link|limit/);
  });

  test("never leave the folder", async () => {
    await using file = await open(main, { external: { dir: join(folder, "dir") } });
    for (const name of ["up", "absolute", "url", "drive", "tunnel", "folder"]) {
      expect(await failure(file.get(name)), name).toMatchObject({ code: "policy" });
      expect(await failure(file.find(name)), name).toMatchObject({ code: "policy" });
    }
  });

  test("files opened so are closed with the first one", async () => {
    const file = await open(main, { external: { dir: join(folder, "dir") } });
    const object = await file.get("beside");
    await file.close();
    expect(object.file.closed).toBe(true);
    expect((await failure(numberOf(object))).code).toBe("state");
  });
});

describe("external links through a function", () => {
  test("get the driver it gives, and tell it what asks", async () => {
    const asked: [string, ExternalContext][] = [];
    const bytes = await make(9, {});
    await using file = await open(main, {
      external: (target, context) => {
        asked.push([target, context]);
        return target === "b.h5" ? memoryDriver(bytes) : undefined;
      },
    });
    expect(await numberOf(await file.get("beside"))).toBe(9);
    expect(asked).toEqual([["b.h5", { kind: "link", file: main, path: "/beside" }]]);
    await file.get("beside");
    expect(asked).toHaveLength(1);
    expect(await failure(file.get("below"))).toMatchObject({ code: "policy" });
  });

  test("are not opened unless asked for", async () => {
    await using file = await open(main, {
      external: () => {
        throw new Error("asked");
      },
    });
    expect((await file.root.links()).filter(({ kind }) => kind === "external")).toHaveLength(14);
    expect(await file.has("beside")).toBe(true);
    for await (const _ of file.root.visit({ follow: "soft" }));
  });
});

test("hops from file to file are counted", async () => {
  const bytes = new Map<string, Uint8Array>();
  for (let i = 0; i < 4; i++) bytes.set(`${i}.h5`, await make(i, { next: [`${i + 1}.h5`, "/next"] }));
  bytes.set("4.h5", await make(4, { next: ["end.h5", "/data"] }));
  bytes.set("end.h5", await make(99, {}));
  const external = (target: string): ReturnType<typeof memoryDriver> | undefined => {
    const found = bytes.get(target);
    return found === undefined ? undefined : memoryDriver(found);
  };
  await using file = await open(bytes.get("0.h5") as Uint8Array, { external });
  expect(await numberOf(await file.get("next"))).toBe(99);
  await using limited = await open(bytes.get("0.h5") as Uint8Array, { external, limits: { externalHops: 4 } });
  expect(await failure(limited.get("next"))).toMatchObject({ code: "limit", limit: "externalHops" });
});
