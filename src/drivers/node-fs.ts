/**
 * `node:fs`, taken by the first call that needs it. An import at the top makes Node evaluate all of its exports, its
 * streams among them, which nothing here uses: a tenth of the time to the first value (npm run bench:startup).
 */
export type NodeFs = typeof import("node:fs");

/** The module. Older Nodes have no way to it without its exports (`process.getBuiltinModule` is of 20.16). */
export async function nodeFs(): Promise<NodeFs> {
  return process.getBuiltinModule?.("node:fs") ?? (await import("node:fs"));
}
