import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { type ExternalContext, isHdf5Error, open } from "../../src/index.js";
import { h5pyPresent, python } from "../interop/h5py.js";

const present = h5pyPresent();

/** What h5py read from a dataset. */
type Known = { readonly shape: number[]; readonly data: number[] } | { readonly error: true };

describe.runIf(present)("raw data in external files", () => {
  let outside: string;
  let folder: string;
  let known: Record<string, Known>;

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), "h5ts-external-raw-"));
    folder = join(outside, "data");
    await mkdir(folder);
    await writeFile(join(outside, "up.raw"), new Uint8Array(40));
    known = JSON.parse(python("storage_files.py", "external", folder)) as typeof known;
  });
  afterAll(() => rm(outside, { recursive: true }));

  const opened = () => open(join(folder, "external.h5"), { external: { dir: folder } });

  test("are read as h5py reads them, from several files, offsets and short files", async () => {
    await using file = await opened();
    let compared = 0;
    for (const [name, content] of Object.entries(known)) {
      if ("error" in content || name === "up") continue;
      const { data, shape } = await (await file.dataset(name)).read();
      expect({ name, shape, data: Array.from(data as ArrayLike<number>) }).toEqual({ name, ...content });
      compared++;
    }
    expect(compared).toBe(7);
    expect(known.short).toMatchObject({ shape: [40] });
  });

  test("are read in part, over the border of two files", async () => {
    await using file = await opened();
    const { data } = await (await file.dataset("rows")).read([
      [2, 5],
      [1, 10, 4],
    ]);
    expect(Array.from(data as Int32Array)).toEqual([21, 25, 29, 31, 35, 39, 41, 45, 49]);
  });

  test("are listed in the layout, and as one chunk without an address", async () => {
    await using file = await opened();
    const dataset = await file.dataset("rows");
    expect(dataset.layout).toEqual({
      kind: "external",
      files: [
        { file: "a.raw", offset: 4, size: 120 },
        { file: "b.raw", offset: 0, size: Number.POSITIVE_INFINITY },
      ],
    });
    expect(dataset.storageSize).toBe(280);
    const chunks = [];
    for await (const chunk of dataset.chunks()) chunks.push(chunk);
    expect(chunks).toEqual([{ offset: [0, 0], address: undefined, size: 280, filterMask: 0 }]);
    expect((await dataset.readChunk([0, 0])).bytes).toHaveLength(280);
  });

  test("are an error where a file is missing, as for h5py, and what is beside it is read", async () => {
    expect(known.missing).toEqual({ error: true });
    await using file = await opened();
    const error = await (await file.dataset("missing")).read().catch((reason: unknown) => reason);
    expect(isHdf5Error(error, "driver") && error.source).toBe("none.raw");
    expect(isHdf5Error(error, "driver") && error.path).toBe("/missing");
  });

  test("stay unopened unless the policy allows it", async () => {
    await using denied = await open(join(folder, "external.h5"));
    const dataset = await denied.dataset("several");
    expect(isHdf5Error(await dataset.read().catch((reason: unknown) => reason), "policy")).toBe(true);
    expect(known.up).toMatchObject({ shape: [10] }); // libhdf5 reads it
    await using file = await opened();
    const up = await (await file.dataset("up")).read().catch((reason: unknown) => reason);
    expect(isHdf5Error(up, "policy") && up.target).toBe("../up.raw");
  });

  test("are given by a function that hears of file and dataset", async () => {
    const asked: [string, ExternalContext][] = [];
    await using file = await open(join(folder, "external.h5"), {
      external: (target, context) => {
        asked.push([target, context]);
        return memoryDriver(new Uint8Array(200).fill(1));
      },
    });
    const { data } = await (await file.dataset("offset")).read(undefined, { as: "int32" });
    expect([...data]).toEqual(new Array(20).fill(0x01010101));
    expect(asked).toEqual([["b.raw", { kind: "raw-data", file: file.name, path: "/offset" }]]);
  });
});
