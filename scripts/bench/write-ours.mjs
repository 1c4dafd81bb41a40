/** One writing workload with the built package: `node write-ours.mjs WORKLOAD FOLDER`; prints milliseconds of its runs. */
import { join } from "node:path";
import { create, deflate } from "../../dist/node/index.js";
import { noise } from "./noise.mjs";
import { timeRuns } from "./runs.mjs";

const [workload, folder] = process.argv.slice(2);
const path = join(folder, "ours.h5");
const APPENDS = 2000;
const GROWING = { datatype: "int16", shape: [0, 64], maxShape: [null, 64], chunkShape: [4096, 64] };

async function append(file, each) {
  const dataset = await file.root.createDataset("x", GROWING);
  const rows = new Int16Array(500 * 64).fill(1);
  for (let i = 0; i < APPENDS; i++) {
    await dataset.append(rows);
    await each?.();
  }
}

const WORKLOADS = {
  contiguous: () => {
    const data = Float64Array.from({ length: 16e6 }, (_, i) => i * 0.5);
    return (file) => file.root.createDataset("x", { data });
  },
  gzip: () => {
    const data = noise(300_000 * 128);
    const filters = ["shuffle", deflate(4)];
    return (file) => file.root.createDataset("x", { data, shape: [300_000, 128], chunkShape: [4096, 64], filters });
  },
  many: () => async (file) => {
    for (let g = 0; g < 50; g++) {
      const group = await file.root.createGroup(`g${g}`);
      for (let d = 0; d < 100; d++) {
        const data = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i));
        const dataset = await group.createDataset(`d${d}`, { data });
        for (let a = 0; a < 4; a++) await dataset.attrs.set(`a${a}`, BigInt(a));
      }
    }
  },
  append: () => (file) => append(file),
  "append, flushed each": () => (file) => append(file, () => file.flush()),
  "links, 10,000 in a group": () => async (file) => {
    for (let i = 0; i < 10_000; i++) await file.root.createGroup(`g${i}`);
  },
};

const write = WORKLOADS[workload]();
await timeRuns(path, async () => {
  const file = await create(path);
  await write(file);
  await file.close();
});
