/**
 * How much memory does streaming take? Writes GiB (default 1) of float32 rows through `createDataset({ source })`,
 * plain and compressed, reads it back by `stream`, and prints peak RSS over the baseline:
 *   node --expose-gc --conditions=h5ts-source --import tsx test/bench/stream-memory.ts [FOLDER] [GIB]
 */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, deflate, open } from "../../src/index.js";

const [folder = tmpdir(), gib = "1"] = process.argv.slice(2);
const BLOCK_ROWS = 4096;
const CHANNELS = 64;
const blocks = Math.round((Number(gib) * 2 ** 30) / (BLOCK_ROWS * CHANNELS * 4));

let peak = 0;
const watch = setInterval(look, 20);
function look(): void {
  peak = Math.max(peak, process.memoryUsage.rss());
}

function* rows(): Generator<{ data: Float32Array; shape: number[]; stride: number[] }> {
  const data = new Float32Array(BLOCK_ROWS * CHANNELS);
  for (let b = 0; b < blocks; b++) {
    for (let i = 0; i < data.length; i++) data[i] = Math.round(1000 * Math.sin(i / 97 + b));
    look();
    yield { data, shape: [BLOCK_ROWS, CHANNELS], stride: [CHANNELS, 1] };
  }
}

for (const filters of [[], ["shuffle" as const, deflate(1)]]) {
  const path = join(folder, "h5ts-stream-memory.h5");
  globalThis.gc?.();
  const baseline = process.memoryUsage.rss();
  peak = baseline;
  const started = performance.now();
  {
    await using file = await create(path);
    await file.root.createDataset("data", {
      source: rows(),
      datatype: "float32",
      shape: [0, CHANNELS],
      chunkShape: [BLOCK_ROWS, CHANNELS],
      filters,
    });
  }
  const written = performance.now();
  const writePeak = peak;
  let count = 0;
  {
    await using file = await open(path);
    for await (const block of (await file.dataset("data")).stream({ as: "float32" })) {
      count += block.data.length;
      look();
    }
  }
  const mib = (bytes: number): string => `${Math.round((bytes - baseline) / 2 ** 20)} MiB`;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const name = filters.length === 0 ? "plain" : "shuffle, deflate 1";
  console.log(
    `${name}: ${((count * 4) / 2 ** 30).toFixed(2)} GiB, written in ${seconds(written - started)} with +${mib(writePeak)}, ` +
      `read in ${seconds(performance.now() - written)} with +${mib(peak)}`,
  );
  rmSync(path);
}
clearInterval(watch);
