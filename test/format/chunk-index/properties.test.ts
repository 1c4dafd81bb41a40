/** What every chunk index that is written must do: give back what was put into it, and never a wrong chunk when damaged. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { create, isHdf5Error, open } from "../../../src/index.js";

interface Form {
  readonly maxShape: readonly (number | null)[];
  readonly libver: "v108" | "v110";
}

/** Datasets of two dimensions in chunks of 2 × 3, by the index that they get. */
const FORMS: Readonly<Record<string, Form>> = {
  "v1 B-tree": { maxShape: [null, 60], libver: "v108" },
  "fixed array": { maxShape: [60, 60], libver: "v110" },
  "extensible array": { maxShape: [null, 60], libver: "v110" },
  "v2 B-tree": { maxShape: [null, null], libver: "v110" },
};

const SHAPE = [40, 30] as const;
const CHUNK = [2, 3] as const;

const places = fc.uniqueArray(fc.record({ row: fc.nat(19), column: fc.nat(9) }), {
  maxLength: 60,
  selector: ({ row, column }) => row * 10 + column,
});
type Places = readonly { readonly row: number; readonly column: number }[];

/** A file with one dataset of which these chunks are written, each holding its own number. */
async function fileOf({ maxShape, libver }: Form, chunks: Places, filtered: boolean): Promise<Uint8Array> {
  await using file = await create(undefined, { libver });
  const filters = filtered ? (["fletcher32"] as const) : [];
  const spec = { datatype: "int16", shape: SHAPE, maxShape, chunkShape: CHUNK, filters } as const;
  const dataset = await file.root.createDataset("x", spec);
  for (const [i, { row, column }] of chunks.entries()) {
    const at = [row * CHUNK[0], column * CHUNK[1]] as const;
    await dataset.write(i + 1, [
      [at[0], at[0] + CHUNK[0]],
      [at[1], at[1] + CHUNK[1]],
    ]);
  }
  return file.toBytes();
}

async function numbersIn(bytes: Uint8Array): Promise<readonly number[]> {
  await using file = await open(bytes);
  const { data } = await (await file.dataset("x")).read(undefined, { as: "int16" });
  return [...data];
}

function expected(chunks: Places): number[] {
  const numbers = new Array<number>(SHAPE[0] * SHAPE[1]).fill(0);
  for (const [i, { row, column }] of chunks.entries()) {
    for (let r = 0; r < CHUNK[0]; r++) {
      for (let c = 0; c < CHUNK[1]; c++) {
        numbers[(row * CHUNK[0] + r) * SHAPE[1] + column * CHUNK[1] + c] = i + 1;
      }
    }
  }
  return numbers;
}

describe.each(Object.entries(FORMS))("a %s", (_, form) => {
  test("gives the chunks that were put into it, filtered or not, in any order", async () => {
    await fc.assert(
      fc.asyncProperty(places, fc.boolean(), async (chunks, filtered) => {
        const bytes = await fileOf(form, chunks, filtered);
        expect(await numbersIn(bytes)).toEqual(expected(chunks));
        await using file = await open(bytes);
        let stored = 0;
        for await (const chunk of (await file.dataset("x")).chunks()) if (chunk.address !== undefined) stored++;
        expect(stored).toBe(chunks.length);
      }),
      { numRuns: 25 },
    );
  });

  test("with a byte changed gives what it held, or a typed error, where sums are over everything", async () => {
    await fc.assert(
      fc.asyncProperty(
        places,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 254 }),
        async (chunks, at, flip) => {
          const sound = await fileOf(form, chunks, true);
          const damaged = sound.slice();
          const position = Math.floor(at * damaged.length);
          damaged[position] = (damaged[position] as number) ^ flip;
          let found: readonly number[];
          try {
            found = await numbersIn(damaged);
          } catch (error) {
            if (!isHdf5Error(error)) throw error;
            return;
          }
          // Nodes of v1 B-trees have no sum: a chunk may be lost or stand elsewhere, and none may hold what was never written.
          if (form.libver === "v108") for (const number of found) expect(number).toBeLessThanOrEqual(chunks.length);
          else expect(found).toEqual(expected(chunks));
        },
      ),
      { numRuns: 60 },
    );
  });
});
