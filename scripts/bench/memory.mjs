/** How much memory writing 4 GiB through `append` takes: resident set before, and at most while writing. */
import { create } from "../../dist/index.js";

const GIGABYTES = Number(process.argv[2] ?? 4);
let size = 0;
/** Keeps nothing: what the writer holds is measured, not the medium. */
const nowhere = {
  get size() {
    return size;
  },
  read: async (_offset, length) => new Uint8Array(length),
  write: async (offset, bytes) => {
    size = Math.max(size, offset + bytes.length);
  },
  truncate: async (length) => {
    size = length;
  },
  flush: async () => {},
};

const file = await create(nowhere);
const spec = { datatype: "int16", shape: [0, 64], maxShape: [null, 64], chunkShape: [4096, 64] };
const dataset = await file.root.createDataset("x", spec);
const rows = new Int16Array(8000 * 64).fill(1);
await dataset.append(rows);
const start = process.memoryUsage().rss;
let most = start;
for (let written = rows.byteLength; written < GIGABYTES * 2 ** 30; written += rows.byteLength) {
  await dataset.append(rows);
  most = Math.max(most, process.memoryUsage().rss);
}
await file.close();
const growth = (most - start) / 2 ** 20;
console.log(
  `${GIGABYTES} GiB appended: resident set ${(start / 2 ** 20).toFixed(0)} MiB, ${growth.toFixed(0)} MiB more at most`,
);
if (growth > 128) process.exitCode = 1;
