/** Scripts of edits on one file, made by us and by stock libhdf5 in turns. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { create, open } from "../../src/index.js";
import { h5pyPresent } from "../interop/h5py.js";
import { anyEdit, applyOurs, type Edit, externalEdit, StockProcess, TurnsModel } from "../interop/turns.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-turns-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Who makes the file, and how. Small K: trees of several levels with few links. */
const KINDS = {
  "stock, default": { libver: "earliest" },
  "stock, small nodes": { libver: "earliest", symbols: [1, 1], chunks: 2 },
  "stock, user block": { libver: "earliest", symbols: [2, 2], userblock: 512 },
  "stock, 1.8": { libver: "v108" },
  "stock, free-space managers kept": { libver: "v108", strategy: 0 },
  "stock, pages": { libver: "earliest", strategy: 1 },
  "stock, 1.8, many links": { libver: "v108", crowded: true },
  "ours, earliest": { ours: "earliest" },
  "ours, 1.8, many links": { ours: "v108", crowded: true },
  "ours, 1.10, many links in order": { ours: "v110", crowded: true, trackOrder: true },
  "stock, split": { libver: "earliest", driver: "split" },
  "stock, split, 1.8, many links": { libver: "v108", crowded: true, driver: "split" },
  "stock, multi, 1.8": { libver: "v108", driver: "multi" },
  "ours, split, 1.10, many links": { ours: "v110", crowded: true, driver: "split" },
  "ours, multi, earliest": { ours: "earliest", driver: "multi" },
  "ours, multi, 1.10, many links": { ours: "v110", crowded: true, driver: "multi" },
} as const satisfies Record<string, Made>;

type Made =
  | ({
      readonly ours: "earliest" | "v108" | "v110";
      readonly crowded?: boolean;
      readonly trackOrder?: boolean;
    } & Spread)
  | ({ readonly libver: "earliest" | "v108"; readonly crowded?: boolean; readonly [option: string]: unknown } & Spread);
interface Spread {
  readonly driver?: "split" | "multi";
}

/** More of them: H5TS_RUNS=500 npx vitest run test/writer/turns.h5py.test.ts */
const RUNS = Number(process.env.H5TS_RUNS ?? 15);

const turn = fc.record({
  ours: fc.boolean(),
  flushes: fc.boolean(),
  edits: fc.array(fc.oneof({ weight: 40, arbitrary: anyEdit }, { weight: 1, arbitrary: externalEdit }), {
    minLength: 5,
    maxLength: 60,
  }),
});

/** Groups that the scripts write into. */
const START: readonly Edit[] = [
  { do: "group", path: "g1" },
  { do: "group", path: "g1/g2" },
  { do: "group", path: "g3" },
];

const numbered = (count: number, make: (i: number) => Edit): Edit[] => Array.from({ length: count }, (_, i) => make(i));

/** Links and attributes beyond the limits of a header, and so many that the scripts go above the limits and below. */
const CROWD: readonly Edit[] = [
  ...numbered(30, (i) => ({ do: "soft", path: `g1/soft ${i}`, target: `/some/where/${i}` })),
  ...numbered(5, (i) => ({ do: "soft", path: `g3/soft ${i}`, target: `/some/where/${i}` })),
  ...numbered(5, (i) => ({ do: "attr", path: "g1", name: `attribute ${i}`, value: [i] })),
  ...numbered(20, (i) => ({ do: "attr", path: "g3", name: `attribute ${i}`, value: [i, i] })),
  { do: "attr", path: "g3", name: "huge", value: Array.from({ length: 1500 }, (_, i) => i) },
];

describe.runIf(h5pyPresent())("files edited by us and stock in turns", () => {
  let stock: StockProcess;
  beforeAll(() => {
    stock = new StockProcess();
  });
  afterAll(() => stock.end());

  test.each(Object.entries(KINDS))(
    "hold what the model says: %s",
    async (name, made) => {
      let files = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 5 }), async (turns) => {
          const path = join(folder, `${name} ${files++}.h5`);
          const driver = "driver" in made ? made.driver : undefined;
          const crowd = "crowded" in made ? CROWD : [];
          if ("ours" in made) {
            const trackOrder = "trackOrder" in made;
            await (await create(path, { libver: made.ours, trackOrder, driver })).close();
          } else expect(await stock.ask({ make: path, ...made })).toEqual({});
          const model = new TurnsModel();
          for (const { ours, flushes, edits } of [
            { ours: true, flushes: false, edits: [...START, ...crowd] },
            ...turns,
          ]) {
            const possible = edits.filter((one) => (ours || !model.crashesStock(one)) && model.apply(one));
            if (ours) {
              await using file = await open(path, { mode: "r+", driver });
              for (const [i, one] of possible.entries()) {
                await applyOurs(file, one);
                if (flushes && i % 4 === 0) await file.flush();
              }
            }
            expect(await stock.ask({ path, driver, edits: ours ? [] : possible, fork: true })).toEqual(model.tree());
          }
          // Alone, or with its members.
          const own = basename(path);
          for (const one of readdirSync(folder)) if (one.startsWith(own)) rmSync(join(folder, one));
        }),
        // Kinds of members differ in where blocks lie, not in what is edited how.
        { numRuns: "driver" in made ? Math.ceil(RUNS / 3) : RUNS },
      );
    },
    60_000 + 1000 * RUNS,
  );
});
