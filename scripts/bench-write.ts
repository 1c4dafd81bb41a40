/**
 * How fast writing is beside h5py and h5wasm, in one run, workload by workload in turns: `npm run bench:write`, or
 * `npm run bench:write -- WORKLOAD...`. The built package is measured, not the sources. Each turn is a process that
 * writes six new files; the first one warms up. A peer that is not there has an empty column.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const WORKLOADS = ["contiguous", "gzip", "many", "append", "append, flushed each", "links, 10,000 in a group"] as const;
const TURNS = 3;

const at = (name: string): string => fileURLToPath(new URL(`bench/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "h5ts-bench-"));
const samples = join(folder, "samples");

/** Milliseconds of one process: of its first run, and the median of the others. */
interface Turn {
  readonly first: number;
  readonly later: number;
}

function measure(command: string, ...args: string[]): Turn | undefined {
  try {
    const out = execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const [first = Number.NaN, ...later] = JSON.parse(out) as number[];
    return { first, later: median(later) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}

function shown(turns: readonly (Turn | undefined)[], of: (turn: Turn) => number): string {
  const found = turns.filter((turn) => turn !== undefined);
  return found.length === 0 ? "" : median(found.map(of)).toFixed(0);
}

/** The median over the turns of a peer's time by ours. */
function ratio(ours: readonly (Turn | undefined)[], theirs: readonly (Turn | undefined)[]): string {
  const ratios = ours.flatMap((turn, i) => {
    const peer = theirs[i];
    return turn === undefined || peer === undefined ? [] : [peer.later / turn.later];
  });
  return ratios.length === 0 ? "" : `${median(ratios).toFixed(2)} ×`;
}

try {
  const { noise } = (await import(at("noise.mjs"))) as { noise: (count: number) => Int16Array };
  const { RUNS } = (await import(at("runs.mjs"))) as { RUNS: number };
  writeFileSync(samples, noise(300_000 * 128));
  const load = (): string => loadavg()[0]?.toFixed(1) ?? "?";
  console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, load ${load()} at first`);
  console.log(
    `Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}; ms, median of ${TURNS} turns\n`,
  );
  console.log("| workload | h5ts | h5py | ratio | h5wasm | ratio | first run: h5ts | h5py |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
  const wanted = process.argv.slice(2);
  for (const workload of WORKLOADS) {
    if (wanted.length > 0 && !wanted.includes(workload)) continue;
    const [ours, stock, wasm]: (Turn | undefined)[][] = [[], [], []];
    for (let turn = 0; turn < TURNS; turn++) {
      ours?.push(measure(process.execPath, at("write-ours.mjs"), workload, folder));
      stock?.push(measure("/usr/bin/python3", at("write_h5py.py"), workload, folder, samples, `${RUNS}`));
      wasm?.push(measure(process.execPath, at("write-h5wasm.mjs"), workload, folder));
    }
    const later = ({ later }: Turn): number => later;
    const first = ({ first }: Turn): number => first;
    const [a = [], b = [], c = []] = [ours, stock, wasm];
    const cells = [shown(a, later) || "failed", shown(b, later), ratio(a, b), shown(c, later), ratio(a, c)];
    console.log(`| ${[workload, ...cells, shown(a, first), shown(b, first)].join(" | ")} |`);
  }
  console.log(`\nload ${load()} at last`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
