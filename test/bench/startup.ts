/**
 * How long does it take from the import to the first value of a small local file, compared with h5wasm?
 * Whole processes, in pairs that take turns: `npm run bench:startup -- [PAIRS]`. The built package is measured.
 *
 * Each process takes the time before its first import and after its first value; starting Node itself is left out.
 * Prints both medians, and the median of the pairs' ratios with the spread of its middle half; the status is 1 when
 * that median is above 1/5, which is what the library promises.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create } from "h5ts";

const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));
const PROMISED = 1 / 5;

/** What each process runs; PATH stands for the file. */
const H5TS = `
  const start = performance.now();
  const work = process.cpuUsage();
  const { open } = await import("h5ts");
  const file = await open(PATH);
  const value = await (await file.dataset("group/x")).value([3]);
  const end = performance.now();
  await file.close();
  const { user, system } = process.cpuUsage(work);
  console.log(JSON.stringify({ value, milliseconds: end - start, busy: (user + system) / 1000 }));`;
const H5WASM = `
  const start = performance.now();
  const work = process.cpuUsage();
  const { default: h5wasm } = await import("h5wasm/node");
  await h5wasm.ready;
  const file = new h5wasm.File(PATH, "r");
  const value = file.get("group/x").slice([[3, 4]])[0];
  const end = performance.now();
  file.close();
  const { user, system } = process.cpuUsage(work);
  console.log(JSON.stringify({ value, milliseconds: end - start, busy: (user + system) / 1000 }));`;

/** What one process took: by the clock, and of the processors. */
interface Taken {
  readonly milliseconds: number;
  readonly busy: number;
}

function measure(code: string, path: string): Taken {
  const script = code.replace("PATH", JSON.stringify(path));
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const { value, milliseconds, busy } = JSON.parse(output) as Taken & { readonly value: unknown };
  if (value !== 1.5) throw new Error(`the value is ${String(value)}, expected 1.5`);
  return { milliseconds, busy };
}

/** The value below which a part of the list lies. */
function quantile(list: readonly number[], part: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** Print both medians, and the median of the pairs' ratios, which is returned. */
function compare(what: string, figure: keyof Taken, ours: readonly Taken[], theirs: readonly Taken[]): number {
  const [our, their] = [ours, theirs].map((list) => list.map((taken) => taken[figure])) as [number[], number[]];
  const ratios = our.map((time, i) => time / (their[i] ?? Number.NaN));
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => quantile(ratios, part)) as [number, number, number];
  console.log(`time ${what}: h5ts ${quantile(our, 0.5).toFixed(1)} ms, h5wasm ${quantile(their, 0.5).toFixed(1)} ms`);
  console.log(`  ratio ${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}), ${ratios.length} pairs`);
  return median;
}

const pairs = Number(process.argv[2] ?? 21);
if (!Number.isSafeInteger(pairs) || pairs < 1) throw new Error("usage: npm run bench:startup -- [PAIRS]");
const folder = mkdtempSync(join(tmpdir(), "h5ts-startup-"));
try {
  const path = join(folder, "small.h5");
  const file = await create(path);
  await file.root.createDataset("group/x", { data: Float64Array.from({ length: 100 }, (_, i) => i / 2) });
  await file.close();
  const ours: Taken[] = [];
  const theirs: Taken[] = [];
  measure(H5TS, path);
  measure(H5WASM, path); // the first of each fills the caches of the disk
  for (let pair = 0; pair < pairs; pair++) {
    // Which goes first changes, so that neither gains by its place.
    const order = pair % 2 === 0 ? [H5TS, H5WASM] : [H5WASM, H5TS];
    for (const code of order) (code === H5TS ? ours : theirs).push(measure(code, path));
  }
  const ratio = compare("by the clock", "milliseconds", ours, theirs);
  compare("of the processors, which others' work changes less", "busy", ours, theirs);
  if (!(ratio <= PROMISED)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
