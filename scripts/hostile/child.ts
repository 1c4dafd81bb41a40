/** The process that reads hostile files, one after another as its parent names them. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";
import type { Outcome } from "./read-all.js";

/** What the parent asks for. */
export interface Task {
  readonly file: string;
  readonly path: string | null;
}

/** What the child answers; first of all once when it is ready, without an outcome. */
export interface Answer {
  readonly outcome?: Outcome | undefined;
  /** Files and addresses opened beside the one asked for. */
  readonly opened: readonly string[];
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Bytes by which the process's peak rose above its peak before the first file. */
  readonly peak: number;
}

// Who opens what: the library must open the file that it is given, and nothing else.
let opened: string[] = [];
const { open } = fs.promises;
fs.promises.open = (path, ...rest) => {
  opened.push(String(path));
  return open(path, ...rest);
};
syncBuiltinESMExports();
globalThis.fetch = (input) => {
  opened.push(String(input));
  return Promise.reject(new TypeError("there is no network here"));
};

const { readAll } = await import("./read-all.js");
const { create } = await import("../../src/index.js");

/** A file with a bit of everything: what is compiled and allocated once does not count. */
async function warmUp(): Promise<void> {
  await using file = await create();
  const data = Int32Array.from({ length: 4000 }, (_, i) => i);
  const spec = { data, chunkShape: [100], filters: ["shuffle", "deflate", "fletcher32"] as const };
  const dataset = await file.root.createDataset("group/chunked", spec);
  await dataset.attrs.set("text", ["a", "b"]);
  await file.root.createDataset("plain", { data: ["one", "two"] });
  const bytes = await file.toBytes();
  for (let i = 0; i < 40; i++) await readAll(bytes, "/group/chunked");
}

await warmUp();
const baseline = process.resourceUsage().maxRSS;

process.on("message", async ({ file, path }: Task) => {
  opened = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const outcome = await readAll(file, path);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const peak = (process.resourceUsage().maxRSS - baseline) * 1024;
  const others = opened.filter((name) => resolve(name) !== resolve(file));
  process.send?.({ outcome, opened: others, wallMs, cpuMs: (user + system) / 1000, peak } satisfies Answer);
});
process.send?.({ opened: [], wallMs: 0, cpuMs: 0, peak: 0 } satisfies Answer);
