/** Chunks that are written again before their flush, and read in between. */
import { describe, expect, test } from "vitest";
import { create, type DatasetSpec, deflate } from "../../src/index.js";

const KINDS: Readonly<Record<string, Partial<DatasetSpec>>> = {
  "of fixed size": {},
  "of fixed size, early": { fill: { allocTime: "early" } },
  "of fixed size, filtered": { filters: [deflate(1)] },
  growing: { maxShape: [null] },
  "growing, filtered": { maxShape: [null], filters: [deflate(1)] },
};

describe.each(["earliest", "v108", "v110"] as const)("libver %s", (libver) => {
  test.each(Object.entries(KINDS))("what was read is forgotten: %s", async (_, kind) => {
    await using file = await create(undefined, { libver });
    const dataset = await file.root.createDataset("x", { datatype: "int32", shape: [30], chunkShape: [4], ...kind });
    const expected = new Int32Array(30);
    for (const [i, [from, to]] of (
      [
        [0, 30],
        [13, 14],
        [0, 30],
        [4, 8],
        [27, 30],
        [0, 30],
      ] as const
    ).entries()) {
      expected.fill(i + 1, from, to);
      await dataset.write(i + 1, [[from, to]]);
      expect((await dataset.read()).data).toEqual(expected);
      if (i === 3) await file.flush();
    }
  });
});
