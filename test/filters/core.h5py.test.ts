import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { create, type Dataset, type FilterInput, open, scaleOffset } from "../../src/index.js";
import { h5pyPresent, python } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-filters-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The filter of a stock dataset as one asks for it. */
function asked(dataset: Dataset): FilterInput {
  const [filter] = dataset.filters;
  if (filter?.id === 5) return "nbit";
  const [scaleType, factor] = filter?.values ?? [];
  return scaleOffset(scaleType === 0 ? { decimals: factor } : { bits: factor });
}

describe.runIf(h5pyPresent())("n-bit, scale-offset and szip of stock libhdf5", () => {
  const stock = join(folder, "stock.h5");
  const ours = join(folder, "ours.h5");

  test("are read: every element is what stock reads", async () => {
    python("filters.py", "write", stock);
    await using file = await open(stock);
    const names = await (await file.group("filtered")).keys();
    expect(names.filter((name) => name.startsWith("nbit")).length).toBeGreaterThan(10);
    expect(names.filter((name) => name.startsWith("so")).length).toBeGreaterThan(100);
    expect(names.filter((name) => name.startsWith("szip")).length).toBeGreaterThan(100);
    for (const name of names) {
      const filtered = await file.dataset(`filtered/${name}`);
      const plain = await file.dataset(`plain/${name}`);
      const found = Buffer.from((await filtered.read(undefined, { raw: true })).data);
      const expected = Buffer.from((await plain.read(undefined, { raw: true })).data);
      expect(found.equals(expected), name).toBe(true);
    }
  });

  test("are written: the same values, read by stock, and the same bytes and parameters in the file", async () => {
    {
      await using from = await open(stock);
      await using to = await create(ours);
      for (const name of await (await from.group("filtered")).keys()) {
        if (name.startsWith("szip")) continue; // read only
        const filtered = await from.dataset(`filtered/${name}`);
        const plain = await from.dataset(`plain/${name}`);
        const source = (await from.find(`source/${name}`)) as Dataset | undefined;
        const { datatype, shape } = filtered;
        const { chunkShape, fillValue } = filtered;
        const data = await (source ?? plain).read();
        await to.root.createDataset(`plain/${name}`, { datatype, data: await plain.read(), shape });
        const copy = await to.root.createDataset(`filtered/${name}`, {
          datatype,
          data,
          shape,
          filters: [asked(filtered)],
          ...(chunkShape && { chunkShape }),
          ...(filtered.fill.status === "user" && fillValue !== undefined && { fillValue: fillValue as number }),
        });
        expect(copy.filters[0]?.values, name).toEqual(filtered.filters[0]?.values);
        for await (const { offset } of filtered.chunks()) {
          const expected = await filtered.readChunk(offset);
          const found = await copy.readChunk(offset);
          // A chunk whose values do not fit the bits asked for is left unfiltered, where stock cuts them.
          if (found.filterMask === 1) continue;
          expect(Buffer.from(found.bytes).toString("hex"), `${name} ${offset}`).toBe(
            Buffer.from(expected.bytes).toString("hex"),
          );
        }
      }
    }
    expect(python("filters.py", "compare", ours).trim()).toMatch(/^\d+$/);
  });
});
