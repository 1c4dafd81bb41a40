/**
 * Writes the browser bundles whose sizes are budgeted to .tmp/bundles, for size-limit: `npm run size`.
 * With splitting, as docs/bundles.md states the sizes; `open-unsplit` shows what a bundler without it makes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, type Chunk } from "./bundle.js";

const OUT = fileURLToPath(new URL("../.tmp/bundles/", import.meta.url));

const BUNDLES: readonly (readonly [name: string, code: string, splitting: boolean])[] = [
  ["open", `export { open } from "h5ts";`, true],
  ["open-unsplit", `export { open } from "h5ts";`, false],
  ["whole", `export * from "h5ts";`, true],
  ["nwb", `export * from "h5ts/nwb";`, true],
];

function put(folder: string, chunks: readonly Chunk[]): void {
  mkdirSync(join(OUT, folder), { recursive: true });
  for (const { name, bytes } of chunks) writeFileSync(join(OUT, folder, basename(name)), bytes);
}

rmSync(OUT, { recursive: true, force: true });
for (const [name, code, splitting] of BUNDLES) {
  const made = await bundle(code, { origin: "dist", splitting });
  if (made.external.length > 0) throw new Error(`bundle ${name} imports ${made.external.join(", ")}`);
  put(name, made.initial);
  if (made.later.length > 0) put(`${name}-later`, made.later);
}
