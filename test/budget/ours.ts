/** The same kinds of files as make-files.py makes, written by this library. Each is made once. */
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type CreateOptions, create, type Hdf5File } from "../../src/index.js";

const doubles = (from: number, count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => from + i);

async function make(
  folder: string,
  name: string,
  fill: (file: Hdf5File) => Promise<void>,
  options: CreateOptions = {},
): Promise<void> {
  const path = join(folder, name);
  if (existsSync(path)) return;
  const file = await create(`${path}.part`, options);
  await fill(file);
  await file.close();
  renameSync(`${path}.part`, path);
}

export async function makeOurs(folder: string): Promise<void> {
  await make(folder, "few_ours.h5", async ({ root }) => {
    await root.attrs.set("title", "few groups");
    for (let i = 0; i < 10; i++) {
      const group = await root.createGroup(`group${i}`);
      await group.attrs.set("number", i);
      await group.createDataset("data", { datatype: "float64", shape: [1_375_000], data: doubles(i, 1_375_000) });
    }
  });
  await make(folder, "hundred_ours.h5", async ({ root }) => {
    await root.attrs.set("title", "a hundred groups");
    for (let i = 0; i < 100; i++) {
      const group = await root.createGroup(`group${String(i).padStart(3, "0")}`);
      await group.attrs.set("number", i);
      for (let j = 0; j < 10; j++) {
        await group.createDataset(`data${j}`, { datatype: "float64", shape: [12_500], data: doubles(i + j, 12_500) });
      }
    }
  });
  await make(folder, "chunks_ours.h5", (file) => appended(file, Number.POSITIVE_INFINITY));
  for (const { name, every, libver } of FLUSHED) {
    await make(folder, name, (file) => appended(file, every), { libver });
  }
}

/** Files that were flushed during the writing: their index grows between the data. */
export const FLUSHED: readonly {
  readonly name: string;
  readonly every: number;
  readonly libver: "v108" | "v110" | "latest";
}[] = (["v108", "v110", "latest"] as const).flatMap((libver) =>
  [1, 10].map((every) => ({ name: `chunks_ours_${libver}_flushed_${every}.h5`, every, libver })),
);

async function appended(file: Hdf5File, every: number): Promise<void> {
  const spec = { datatype: "uint8", shape: [0], maxShape: [null], chunkShape: [65_536] } as const;
  const data = await file.root.createDataset("data", spec);
  for (let i = 0; i < 1000; i++) {
    await data.append(new Uint8Array(65_536).fill(i % 251));
    if ((i + 1) % every === 0) await file.flush();
  }
}
