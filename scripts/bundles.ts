/**
 * Writes the browser bundles whose sizes are budgeted to .tmp/bundles, for size-limit: `npm run size`. Each job is a
 * folder with the chunks that it loads; the jobs named `…-unsplit` show what a bundler without splitting makes.
 * The sizes are printed as they stand in docs/bundles.md.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { bundle, type Chunk } from "./bundle.js";

const OUT = fileURLToPath(new URL("../.tmp/bundles/", import.meta.url));

const OPEN = `export { open } from "h5ts";`;
const CREATE = `export { open, create } from "h5ts";`;
const WHOLE = `export * from "h5ts";`;
const NWB = `export { open, create } from "h5ts"; export * from "h5ts/nwb";`;
const VALUES = /\bvalues-/;
const PAKO = /\bzlib-pako-/;
const WRITER = /\bwriter-/;
const HTTP = /\bhttp-/;

/** Name, code, and for bundles with splitting the dynamic imports that the job makes. */
const JOBS: readonly (readonly [name: string, code: string, imported: readonly RegExp[] | "unsplit"])[] = [
  ["open", OPEN, []],
  ["open-read", OPEN, [HTTP, VALUES]],
  ["open-read-pako", OPEN, [HTTP, VALUES, PAKO]],
  ["open-unsplit", OPEN, "unsplit"],
  ["create", CREATE, []],
  ["create-write", CREATE, [VALUES, WRITER, PAKO]],
  ["create-unsplit", CREATE, "unsplit"],
  ["nwb", NWB, []],
  ["nwb-read-write", NWB, [VALUES, WRITER, PAKO]],
  ["nwb-unsplit", NWB, "unsplit"],
  ["whole-unsplit", WHOLE, "unsplit"],
];

function put(folder: string, chunks: readonly Chunk[]): void {
  mkdirSync(join(OUT, folder), { recursive: true });
  for (const { name, bytes } of chunks) writeFileSync(join(OUT, folder, basename(name)), bytes);
}

rmSync(OUT, { recursive: true, force: true });
for (const [name, code, imported] of JOBS) {
  const made = await bundle(code, { origin: "dist", splitting: imported !== "unsplit" });
  if (made.external.length > 0) throw new Error(`bundle ${name} imports ${made.external.join(", ")}`);
  const chunks = imported === "unsplit" ? made.initial : made.loadedFor(...imported);
  put(name, chunks);
  const size = chunks.reduce((sum, { bytes }) => sum + gzipSync(bytes, { level: 9 }).length, 0);
  console.log(`${name.padEnd(16)} ${(size / 1000).toFixed(1).padStart(6)} kB in ${chunks.length} files`);
}
