/** Two real streams of this machine, sampled while they are written. */
import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** What a recording is of. */
export interface Stream {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** What the columns are. */
  readonly columns: readonly string[];
  /** One row, now. */
  sample(): readonly number[];
}

/** Memory of this process, in bytes. */
export const MEMORY: Stream = {
  name: "process_memory",
  description: "memory of the recording process: resident set, used heap, array buffers",
  unit: "bytes",
  columns: ["rss", "heapUsed", "arrayBuffers"],
  sample() {
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    return [rss, heapUsed, arrayBuffers];
  },
};

/** Busy time of every processor since the machine was started, in milliseconds. */
export const PROCESSORS: Stream = {
  name: "processor_busy_time",
  description: "busy time of every processor since the machine was started",
  unit: "milliseconds",
  columns: cpus().map((_, index) => `cpu${index}`),
  sample: () => cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq),
};

/** Rows of a stream with their times, in seconds from the start of the recording. */
export interface Recording {
  readonly stream: Stream;
  readonly rows: readonly (readonly number[])[];
  readonly timestamps: readonly number[];
}

/**
 * Samples a stream for a while, and yields the rows in blocks as they come; the times of the rows yielded so far are in
 * `timestamps`.
 */
export async function* record(
  stream: Stream,
  options: { readonly seconds: number; readonly everyMs: number; readonly blockRows: number },
  timestamps: number[],
): AsyncGenerator<number[][]> {
  const start = performance.now();
  let block: number[][] = [];
  for (let next = 0; next < options.seconds * 1000; next += options.everyMs) {
    const wait = start + next - performance.now();
    if (wait > 0) await sleep(wait);
    timestamps.push((performance.now() - start) / 1000);
    block.push([...stream.sample()]);
    if (block.length < options.blockRows) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}
