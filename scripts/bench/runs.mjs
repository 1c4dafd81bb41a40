/** What the timed workloads have in common: how often they run, and how their times are said. */
import { rmSync } from "node:fs";

/** Runs of one process; the first warms up. */
export const RUNS = 6;

/**
 * Write a file several times, each time a new one, and print the milliseconds of every run, the first one first.
 * @param write makes the file at the path and closes it.
 */
export async function timeRuns(path, write) {
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    rmSync(path, { force: true });
    const start = performance.now();
    await write(path);
    times.push(performance.now() - start);
  }
  console.log(JSON.stringify(times));
}
