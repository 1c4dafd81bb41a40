/** h5wasm (libhdf5 2.0) as an oracle for values: every dataset of the root group. */
import * as h5wasm from "h5wasm/node";

/** By name: extent and elements in row-major order. */
export async function wasmValues(path: string): Promise<Record<string, readonly [number[], number[]]>> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  try {
    const found: Record<string, readonly [number[], number[]]> = {};
    for (const name of file.keys()) {
      const dataset = file.get(name);
      if (!(dataset instanceof h5wasm.Dataset)) continue;
      const shape = dataset.shape ?? [];
      // An empty extent gives no typed array.
      const values = shape.includes(0) ? [] : [...(dataset.value as Int32Array)];
      found[name] = [shape, values];
    }
    return found;
  } finally {
    file.close();
  }
}
