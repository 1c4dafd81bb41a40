/**
 * How fast writing is beside h5py, in one run, workload by workload in turns: `npm run bench:write`. The built package
 * is measured, not the sources. Without h5py its column is empty.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const WORKLOADS = ["contiguous", "gzip", "many", "append", "append, flushed each", "links, 10,000 in a group"] as const;

const at = (name: string): string => fileURLToPath(new URL(`bench/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "h5ts-bench-"));
const samples = join(folder, "samples");

function measure(command: string, ...args: string[]): number | undefined {
  try {
    return Number(execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}

try {
  const { noise } = (await import(at("noise.mjs"))) as { noise: (count: number) => Int16Array };
  writeFileSync(samples, noise(300_000 * 128));
  console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
  console.log(`Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}; ms, best of 3\n`);
  console.log("| workload | h5ts | h5py | ratio |\n| --- | --- | --- | --- |");
  for (const workload of WORKLOADS) {
    const ours = measure(process.execPath, at("write-ours.mjs"), workload, folder);
    const stock = measure("/usr/bin/python3", at("write_h5py.py"), workload, folder, samples);
    const ratio = ours === undefined || stock === undefined ? "" : `${(stock / ours).toFixed(2)} ×`;
    console.log(`| ${workload} | ${ours ?? "failed"} | ${stock ?? ""} | ${ratio} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
