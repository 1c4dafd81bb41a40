/**
 * Reads files with h5wasm (libhdf5 2.0), whose paths come by IPC one after the other; answers each with what went
 * wrong, or with "". A process of its own, because the library may trap.
 */
import * as h5wasm from "h5wasm/node";

await h5wasm.ready;

/** Members of one group that are read. */
const LARGEST_GROUP = 1000;

function readAll(group: h5wasm.Group, depth: number): void {
  for (const name of Object.keys(group.attrs)) void group.attrs[name]?.value;
  // It looks names up one by one: of very large groups some are read, so that this ends.
  for (const name of group.keys().slice(0, LARGEST_GROUP)) {
    const entity = group.get(name);
    if (entity instanceof h5wasm.Group && depth < 16) readAll(entity, depth + 1);
    if (!(entity instanceof h5wasm.Dataset)) continue;
    for (const attribute of Object.keys(entity.attrs)) void entity.attrs[attribute]?.value;
    const count = (entity.shape ?? []).reduce((product, n) => product * n, 1);
    if (count < 2 ** 22) void entity.value;
  }
}

process.on("message", (path: string) => {
  let problem = "";
  try {
    const file = new h5wasm.File(path, "r");
    try {
      readAll(file, 0);
    } finally {
      file.close();
    }
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  process.send?.(problem || "");
});
