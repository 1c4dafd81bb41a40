/** How many bytes per second are written to and read from chunked datasets, with and without filters? */
import { bench, describe } from "vitest";
import { create, type FilterInput, open } from "../../src/index.js";

const ROWS = 100_000;
const COLUMNS = 16;
const data = Int16Array.from({ length: ROWS * COLUMNS }, (_, i) => 1000 * Math.sin(i / 97));

async function written(filters: readonly FilterInput[]): Promise<Uint8Array> {
  await using file = await create();
  await file.root.createDataset("x", { data, shape: [ROWS, COLUMNS], chunkShape: [4096, COLUMNS], filters });
  await file.flush();
  return await file.toBytes();
}

for (const filters of [[], ["shuffle", "deflate"]] as const) {
  describe(`3.2 MB of int16 in chunks of 128 KiB, ${filters.length === 0 ? "no filters" : filters.join(" and ")}`, async () => {
    const bytes = await written(filters);
    bench("write all", async () => {
      await written(filters);
    });
    bench("read all", async () => {
      await using file = await open(bytes);
      await (await file.dataset("x")).read();
    });
    bench("read 100 slabs of 100 rows", async () => {
      await using file = await open(bytes, { cacheBytes: 0 });
      const dataset = await file.dataset("x");
      for (let i = 0; i < 100; i++) await dataset.read([[i * 1000, i * 1000 + 100]]);
    });
  });
}
