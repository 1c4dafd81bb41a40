/**
 * The smoke suite in every runtime that is there, with the packed package: `npm run test:runtimes -- [--all] [NAME ...]`.
 * Nothing is installed; what is missing is said. With `--all` a missing runtime is a failure (WebKitGTK excepted).
 * The last line is "N passed, M failed".
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "h5ts";
import { BROWSER_RUNTIMES } from "./browsers.js";
import { EXAMPLES } from "./examples.js";
import { bundlePacked, installPacked } from "./packed.js";
import { PROGRAMS } from "./programs.js";
import type { Result, Runtime } from "./runtime.js";
import { serve } from "./serve.js";
import { slicesFile } from "./slices.js";
import { WEBKIT } from "./webkit.js";
import { WORKERD } from "./workerd.js";

const RUNTIMES: readonly Runtime[] = [...PROGRAMS, WORKERD, ...BROWSER_RUNTIMES, WEBKIT, ...EXAMPLES];

const args = process.argv.slice(2);
const all = args.includes("--all");
const names = args.filter((arg) => arg !== "--all").map((name) => name.toLowerCase());
const unknown = names.filter((name) => !RUNTIMES.some((runtime) => runtime.name.toLowerCase() === name));
if (unknown.length > 0) {
  throw new Error(`no runtime ${unknown.join(", ")}; there are ${RUNTIMES.map(({ name }) => name).join(", ")}`);
}
const chosen = RUNTIMES.filter(({ name }) => names.length === 0 || names.includes(name.toLowerCase()));

const folder = mkdtempSync(join(tmpdir(), "h5ts-runtimes-"));
const site = join(folder, "site");
let passed = 0;
let failed = 0;
const missing: string[] = [];

function report(runtime: string, results: readonly Result[]): void {
  if (results.length === 0) throw new Error(`${runtime} ran no check`);
  for (const { name, error } of results) {
    if (error === undefined) passed++;
    else failed++;
    console.log(`${error === undefined ? "ok  " : "FAIL"} ${runtime}: ${name}`);
    if (error !== undefined) console.log(error.replace(/^/gm, "       "));
  }
}

/** Nothing here takes longer than this. */
const SECONDS = 120;

function inTime<T>(run: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`does not end in ${SECONDS} s`)), SECONDS * 1000);
  });
  return Promise.race([run, late]).finally(() => clearTimeout(timer));
}

try {
  installPacked(folder);
  mkdirSync(site);
  writeFileSync(join(site, "slices.h5"), await slicesFile(create));
  writeFileSync(
    join(site, "index.html"),
    '<!doctype html><title>h5ts</title><script type="module" src="page.js"></script>',
  );
  await bundlePacked(folder, ["test/runtimes/page.js", "test/runtimes/page-worker.js"], site, {
    conditions: ["browser"],
    splitting: true,
  });
  const server = await serve(site);
  for (const runtime of chosen) {
    const needed = runtime.missing();
    if (needed !== undefined) {
      missing.push(`${runtime.name} is missing: ${needed}`);
      console.log(`---- MISSING ${runtime.name}: ${needed}`);
      if (all && runtime.optional !== true) failed++;
      continue;
    }
    const place = { folder, url: `${server.url}slices.h5`, page: `${server.url}index.html` };
    try {
      report(runtime.name, await inTime(runtime.run(place)));
    } catch (error) {
      report(runtime.name, [
        { name: "runs", error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      ]);
    }
  }
  await server.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const line of missing) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
// Whatever a runtime may have left open.
process.exit(failed === 0 ? 0 : 1);
