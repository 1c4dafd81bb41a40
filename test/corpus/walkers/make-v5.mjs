// Makes chunks-v5.h5 with h5wasm 0.10.3 (libhdf5 2.0.0), which writes layout version 5 where `libver` is "v200".
// Run in this folder. Each dataset holds 0, 1, 2, … in row-major order.
import h5wasm from "h5wasm/node";

await h5wasm.ready;
const file = new h5wasm.File("chunks-v5.h5", "w", { libver: "v200" });
const options = { data: Int32Array.from({ length: 100 }, (_, i) => i), dtype: "<i4", compression: "gzip", compression_opts: [4] };
file.create_dataset({ name: "extensible", shape: [100], maxshape: [null], chunks: [7], ...options });
file.create_dataset({ name: "fixed", shape: [10, 10], maxshape: [20, 10], chunks: [3, 4], ...options });
file.create_dataset({ name: "tree", shape: [10, 10], maxshape: [null, null], chunks: [3, 4], ...options });
file.create_dataset({ name: "single", shape: [10, 10], maxshape: [10, 10], chunks: [10, 10], ...options });
file.close();
