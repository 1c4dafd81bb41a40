/** The same kinds of files as make-files.py makes, written by this library. Each is made once. */
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { create, type Hdf5File } from "../../src/index.js";

const doubles = (from: number, count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => from + i);

async function make(folder: string, name: string, fill: (file: Hdf5File) => Promise<void>): Promise<void> {
  const path = join(folder, name);
  if (existsSync(path)) return;
  const file = await create(`${path}.part`);
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
  await make(folder, "chunks_ours.h5", async ({ root }) => {
    const data = await root.createDataset("data", {
      datatype: "uint8",
      shape: [0],
      maxShape: [null],
      chunkShape: [65_536],
    });
    for (let i = 0; i < 1000; i++) await data.append(new Uint8Array(65_536).fill(i % 251));
  });
}
