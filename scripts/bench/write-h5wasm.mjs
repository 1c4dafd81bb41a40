/**
 * One writing workload with h5wasm: `node write-h5wasm.mjs WORKLOAD FOLDER`; prints milliseconds of its runs. Its files
 * are in the memory of its WebAssembly module (`h5wasm` as browsers load it): what reaches no disk is not counted.
 * It has no shuffle filter to ask for: gzip is without.
 */
import h5wasm from "h5wasm";
import { noise } from "./noise.mjs";
import { timeRuns } from "./runs.mjs";

const { FS } = await h5wasm.ready;

const WORKLOADS = {
  contiguous: () => {
    const data = Float64Array.from({ length: 16e6 }, (_, i) => i * 0.5);
    return (file) => file.create_dataset({ name: "x", data });
  },
  gzip: () => {
    const data = noise(300_000 * 128);
    const form = { shape: [300_000, 128], chunks: [4096, 64], dtype: "<h", compression: 4 };
    return (file) => file.create_dataset({ name: "x", data, ...form });
  },
  many: () => (file) => {
    for (let g = 0; g < 50; g++) {
      const group = file.create_group(`g${g}`);
      for (let d = 0; d < 100; d++) {
        const data = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i));
        const dataset = group.create_dataset({ name: `d${d}`, data });
        for (let a = 0; a < 4; a++) dataset.create_attribute(`a${a}`, a);
      }
    }
  },
  "links, 10,000 in a group": () => (file) => {
    for (let i = 0; i < 10_000; i++) file.create_group(`g${i}`);
  },
};

const write = WORKLOADS[process.argv[2]]();
await timeRuns("unused", () => {
  const file = new h5wasm.File("file.h5", "w");
  write(file);
  file.close();
  FS.unlink("file.h5");
});
