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
  const { open } = await import("h5ts");
  const file = await open(PATH);
  const value = await (await file.dataset("group/x")).value([3]);
  const end = performance.now();
  await file.close();
  console.log(JSON.stringify({ value, milliseconds: end - start }));`;
const H5WASM = `
  const start = performance.now();
  const { default: h5wasm } = await import("h5wasm/node");
  await h5wasm.ready;
  const file = new h5wasm.File(PATH, "r");
  const value = file.get("group/x").slice([[3, 4]])[0];
  const end = performance.now();
  file.close();
  console.log(JSON.stringify({ value, milliseconds: end - start }));`;

function measure(code: string, path: string): number {
  const script = code.replace("PATH", JSON.stringify(path));
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const { value, milliseconds } = JSON.parse(output) as { readonly value: unknown; readonly milliseconds: number };
  if (value !== 1.5) throw new Error(`the value is ${String(value)}, expected 1.5`);
  return milliseconds;
}

/** The value below which a part of the list lies. */
function quantile(list: readonly number[], part: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

const pairs = Number(process.argv[2] ?? 21);
if (!Number.isSafeInteger(pairs) || pairs < 1) throw new Error("usage: npm run bench:startup -- [PAIRS]");
const folder = mkdtempSync(join(tmpdir(), "h5ts-startup-"));
try {
  const path = join(folder, "small.h5");
  const file = await create(path);
  await file.root.createDataset("group/x", { data: Float64Array.from({ length: 100 }, (_, i) => i / 2) });
  await file.close();
  const ours: number[] = [];
  const theirs: number[] = [];
  measure(H5TS, path);
  measure(H5WASM, path); // the first of each fills the caches of the disk
  for (let pair = 0; pair < pairs; pair++) {
    // Which goes first changes, so that neither gains by its place.
    const order = pair % 2 === 0 ? [H5TS, H5WASM] : [H5WASM, H5TS];
    for (const code of order) (code === H5TS ? ours : theirs).push(measure(code, path));
  }
  const ratios = ours.map((time, i) => time / (theirs[i] ?? Number.NaN));
  const ratio = quantile(ratios, 0.5);
  console.log(`h5ts    ${quantile(ours, 0.5).toFixed(1)} ms`);
  console.log(`h5wasm  ${quantile(theirs, 0.5).toFixed(1)} ms`);
  console.log(
    `ratio   ${ratio.toFixed(3)} (${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}), ${pairs} pairs`,
  );
  if (!(ratio <= PROMISED)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
